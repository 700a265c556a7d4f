"""A window of one picture for tests, and files that it shows."""

import os
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from AnyQt.QtCore import QEvent, QPoint, QPointF, Qt
from AnyQt.QtGui import QImage, QMouseEvent
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QWidget
from child import wait_until
from orangewidget.tests.base import GuiTest
from PIL import Image

from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.widgets.parts.picture_area import PictureItem
from orangecontrib.imaging.widgets.parts.picture_window import PictureWindow
from orangecontrib.imaging.widgets.parts.thumbnails import Thumbnails


def photos(*colors, size=(40, 30)):
    """Files of one color each."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    for number, color in enumerate(colors):
        Image.new("RGB", size, color).save(folder / f"{number}.png")
    return sorted(map(str, folder.iterdir()))


def two_channels(seed=0):
    """(2, 61, 83) uint16 and a file that holds them."""
    values = np.random.default_rng(seed).integers(0, 60000, (2, 61, 83)).astype(np.uint16)
    path = os.path.join(tempfile.mkdtemp(dir=os.environ["TMPDIR"]), f"two-{seed}.tif")
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": "CYX"})
    return values, path


def items(paths):
    return [PictureItem(path, os.path.basename(path)) for path in paths]


def move(widget, point, held=Qt.MouseButton.NoButton):
    """Move the mouse there, buttons held; QTest's own move reaches only the window that lies on top."""
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(point), QPointF(widget.mapToGlobal(point)), none, held,
                        Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def array(image):
    """(height, width, 3) of what is drawn."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    buffer = image.constBits().asarray(image.sizeInBytes())
    return np.frombuffer(bytes(bytearray(buffer)), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1]


class WindowCase(GuiTest):
    def setUp(self):
        self.parent = QWidget()
        self.thumbnails = Thumbnails(self.parent)
        self.window = PictureWindow(self.parent, self.thumbnails)
        self.moved = []
        self.window.moved.connect(self.moved.append)

    def tearDown(self):
        self.window.pictures.close()
        self.thumbnails.close()
        self.window.close()
        QTest.qWait(1)

    def open(self, paths, row=0, reading=Reading()):
        self.window.set_items(items(paths), reading)
        self.window.show_row(row)
        self.settle()

    def settle(self):
        assert wait_until(lambda: (QTest.qWait(5), self.window.pictures.is_idle
                                   and all(pane.is_idle for pane in self.window.panes))[1])

    def press(self, *keys):
        for key in keys:
            QTest.keyClick(self.window, key)
        self.settle()

    def seen(self, pane=0):
        """(height, width, 3): the picture of a pane."""
        return array(self.window.panes[pane].view._levels.images[0])

    def drawn(self, x, y, pane=0):
        """The color of the screen where a pixel of the picture is."""
        view = self.window.panes[pane].view
        point = view.point_of(x + 0.5, y + 0.5).toPoint()
        return view.grab().toImage().pixelColor(point).getRgb()[:3]

    def point(self, x, y, pane=0):
        view = self.window.panes[pane].view
        move(view, QPoint(1, 1))
        move(view, view.point_of(x + 0.5, y + 0.5).toPoint())
