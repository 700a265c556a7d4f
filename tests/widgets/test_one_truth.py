"""Viewer, preview, embedder and command get the very same pixels of every file, by one function."""

import ast
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import tifffile
from AnyQt.QtGui import QImage
from AnyQt.QtTest import QTest
from child import wait_until
from counting import Counting
from made import FORMATS, encoded, pixels
from orangewidget.tests.base import GuiTest
from PIL import Image

from orangecontrib.imaging.core import embed as embed_module
from orangecontrib.imaging.core.adjusting import adjusted, usual_adjustment
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.readers import shared_readers
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails

SOURCE = Path(__file__).resolve().parents[2] / "orangecontrib" / "imaging"
LARGE = 5000  # pixels: no file of the test set is longer
# The only modules that open files of pictures, or thumbnails that were made of them (kept_thumbnails.py). samples/
# draws some, thumbnails.py resizes what was read.
READERS = {"core/kept_thumbnails.py", "core/photos.py", "core/tiff.py", "core/tiff_axes.py", "core/tiff_colours.py",
           "core/tiff_metadata.py",
           *(f"core/formats/{path.name}" for path in (SOURCE / "core/formats").glob("*.py"))}
OPENERS = {"tifffile", "imagecodecs", "skimage", "imageio", "cv2", "pylibCZIrw", "nd2", "liffile", "openslide",
           "pydicom", "pillow_heif"}


def test_set():
    """Every readable file of the test set, and some made here."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    (folder / "photo.jpg").write_bytes(encoded(pixels(), "JPEG"))
    (folder / "clear.png").write_bytes(encoded(np.dstack([pixels(), pixels()[..., 0]]), "PNG"))
    turned = Image.Exif()
    turned[0x0112] = 6
    (folder / "turned.jpg").write_bytes(encoded(pixels(), "JPEG", exif=turned))
    values = np.random.default_rng(0).integers(0, 4000, (2, 3, 20, 30)).astype(np.uint16)
    tifffile.imwrite(folder / "stack.tif", values, imagej=True, metadata={"axes": "ZCYX"})
    paths = sorted(map(str, [*folder.iterdir(), *(path for path in FORMATS.rglob("*") if path.is_file())]))
    return [(path, reading) for path in paths for reading in readings(path)]


def readings(path):
    """The usual recipe, and each channel on its own; none for what cannot be read."""
    try:
        info = probe_image(path)
        read_image(path)
    except UnreadableImage:
        return []
    separate = Reading(channels=tuple(range(info.channels)), separate=True, contrast="percentiles")
    return [Reading(), separate] if info.channels > 1 else [Reading()]


class Recording(Counting):
    """In the network's place: keeps the pictures that it is given."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def fit(self, pixels):
        self.seen.append(pixels)
        return super().fit(pixels)


def embedded(path, reading, **options):
    """What the embedder's network sees: its channels side by side."""
    network = Recording()
    with patch.object(embed_module, "load_network", lambda *_: network):
        found = embed([path], reading=reading, **options)
    assert not found.skipped
    return np.concatenate(network.seen, axis=1)


def shown(path, reading):
    """What the viewer's and the preview's thumbnails hold when they are as large as the picture."""
    service = Thumbnails(threads=1)
    service.set_reading(reading)
    service.request([path], LARGE)
    assert wait_until(lambda: (QTest.qWait(5), service.find(path))[1])
    image = service.find(path).pixmap.toImage().convertToFormat(QImage.Format.Format_RGB888)
    buffer = image.constBits().asarray(image.sizeInBytes() if hasattr(image, "sizeInBytes") else image.byteCount())
    rows = np.frombuffer(bytes(bytearray(buffer)), np.uint8).reshape(image.height(), image.bytesPerLine())
    service.close()
    return rows[:, :3 * image.width()].reshape(image.height(), image.width(), 3)


def seen_closely(path, reading):
    """What the window of one picture colours, by its usual adjustment."""
    planes = shared_readers().planes(path, reading)
    return adjusted(planes, usual_adjustment(planes))


class TestOneTruth(GuiTest):
    def test_everybody_sees_the_same_pixels_of_every_file(self):
        cases = test_set()
        self.assertGreater(len(cases), 4)
        for path, reading in cases:
            truth = read_image(path, reading).pixels
            for who, pixels_ in (("embedder", embedded(path, reading)),
                                 ("embedder's child", embedded(path, reading, read_stack=shared_readers().picture)),
                                 ("viewer", shown(path, reading)), ("full view", seen_closely(path, reading))):
                np.testing.assert_array_equal(pixels_, truth, err_msg=f"{who}: {path} {reading.to_json()}")


def second_readers(root):
    """Where a file of a picture is opened beside the readers, as ``file:line``."""
    found = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name not in READERS:
            found += [f"{name}:{line}" for line in openings(path.read_text(encoding="utf-8"))]
    return found


def openings(source):
    """The lines that import what opens pictures, or let Pillow or Qt do it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
            [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else [])
        if OPENERS & {module.split(".")[0] for module in modules} or _opens(node):
            yield node.lineno


def _opens(node):
    if isinstance(node, ast.ImportFrom):  # names of Pillow in disguise
        return (node.module or "").split(".")[0] == "PIL" and any(
            alias.name == "open" or (alias.name == "Image" and alias.asname) for alias in node.names)
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in ("Image.open", "PIL.Image.open") or node.attr == "imread"
    return (isinstance(node, ast.Name) and node.id == "QImageReader") or (isinstance(node, ast.Call) and (
        ast.unparse(node.func).rpartition(".")[2] in ("QPixmap", "QImage") and len(node.args) == 1))


def test_nobody_else_opens_pictures():
    assert second_readers(SOURCE) == []


@pytest.mark.parametrize("planted", [
    "from PIL import Image\nImage.open('a.png')", "def f():\n    import tifffile", "from skimage import io",
    "from PIL.Image import open as o", "from PIL import Image as I\nI.open(p)", "import PIL.Image\nPIL.Image.open(p)",
    "QPixmap('a.png')", "QtGui.QImage(path)", "reader = QImageReader(path)",
    "import matplotlib.pyplot as plt\nplt.imread('a.png')", "from imagecodecs import jpeg8_decode"])
def test_a_second_reader_is_noticed(planted, tmp_path):
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets" / "owgrid.py").write_text(planted)
    assert len(second_readers(tmp_path)) == 1
