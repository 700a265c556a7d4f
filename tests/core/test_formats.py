"""Real files of many instruments: what each holds, by its makers, and what is shown of it, by its own numbers.

The makers say it in the names of the files (NEUBIAS: ``xyzc_16bit``; Galaxy: ``tyx``), in OME-XML, in ImageJ's own
metadata, and in TIFF's tags. The table repeats it by hand; ``shown`` says which of the file's numbers are to be seen.
"""

import re
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from made import FORMATS

from orangecontrib.imaging.core.images import probe_image, read_image

pytestmark = pytest.mark.skipif(not FORMATS.is_dir(), reason=f"{FORMATS} is not here")

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CYAN, MAGENTA, YELLOW = (0, 255, 255), (255, 0, 255), (255, 255, 0)


def one(values):
    return [(values, GREY)]


def first(values):
    return one(values[0])


def brightest(values):
    return one(values.max(axis=0))


def channels(*colours):
    return lambda values: list(zip(values, colours, strict=True))


def brightest_channels(*colours):
    return lambda values: list(zip(values.max(axis=0), colours, strict=True))


# name: (axes, shape, type of number, what is shown)
NEUBIAS = {
    "xy_12bit__saturated_plant": ("YX", (512, 512), "uint16", one),
    "xy_16bit__bacteria_cords_thin": ("YX", (512, 512), "uint16", one),
    "xy_16bit__embryo_transmission": ("YX", (223, 237), "uint16", one),
    "xy_16bit__h2b": ("YX", (42, 60), "uint16", one),
    "xy_16bit__nuclei_high_dynamic_range": ("YX", (147, 149), "uint16", one),
    "xy_16bit__two_values": ("YX", (500, 500), "uint16", one),
    "xy_16bit_labels__nuclei": ("YX", (427, 423), "uint16", one),
    "xy_8bit_binary__one_foreground_pixel": ("YX", (18, 19), "uint8", one),
    "xy_calibrated_16bit__cells_eres_noisy": ("YX", (512, 512), "uint16", one),
    "xy_float__h2b_bg_corr": ("YX", (42, 60), "float32", one),
    "xy_float__nuclei_probability": ("YX", (50, 59), "float32", one),
    "xy_rgb__cells": ("YXS", (257, 280, 3), "uint8", "rgb"),
    "xyc_16bit__cell_dna_mts_actin": ("CYX", (3, 350, 350), "uint16", channels(CYAN, MAGENTA, YELLOW)),
    "xyc_16bit__embryo_transmission_fluorescence": ("CYX", (2, 341, 341), "uint16", channels(RED, GREEN)),
    "xyc_16bit__nuclei_golgi": ("CYX", (2, 220, 204), "uint16", channels(CYAN, GREY)),
    "xyc_8bit__cyto_nuclei": ("CYX", (2, 254, 182), "uint8", channels(GREEN, RED)),
    "xyc_8bit__nuclei_nup": ("CYX", (2, 512, 512), "uint8", channels(GREEN, MAGENTA)),
    "xyt_8bit_polyp": ("TYX", (3, 313, 313), "uint8", first),
    "xyz_16bit__spots": ("ZYX", (17, 88, 89), "uint16", brightest),
    "xyz_8bit__mri_head": ("ZYX", (27, 226, 186), "uint8", brightest),
    "xyz_8bit__nucleus": ("ZYX", (7, 207, 207), "uint8", brightest),
    "xyz_calibrated_16bit__golgi_bfa": ("ZYX", (25, 137, 147), "uint16", brightest),
    "xyzc_16bit__spots": ("ZCYX", (17, 2, 88, 89), "uint16", brightest_channels(GREEN, BLUE)),
    "xyzc_8bit_spheres": ("ZCYX", (25, 2, 50, 50), "uint8", brightest_channels(RED, GREEN)),
}
GALAXY = {
    "he1_axes_cyx.tiff": ("SYX", (3, 50, 50), "uint8", "rgb"),  # colour, stored channel first
    "input1_tyx.tiff": ("TYX", (5, 198, 356), "uint16", first),
    "input2_float.tiff": ("YXS", (119, 119, 4), "float64", "rgb"),  # its fourth sample is opacity, 1 everywhere
    "input3_uint16.tiff": ("YXS", (58, 64, 3), "uint16", "rgb"),
    "input4_float16.tiff": ("ZYX", (10, 15, 18), "float16", brightest),
    "multi_m.tiff": ("TZCYX", (2, 3, 2, 169, 169), "uint16",
                     lambda values: list(zip(values[0].max(axis=0), (RED, GREEN), strict=True))),
    "multiseries.ome.tiff": ("CYX", (4, 5, 5), "uint16", channels(RED, GREEN, BLUE, GREY)),  # the first of six series
    "res.ome.tiff": ("YXC", (25, 26, 4), "uint8",  # four samples that its tags call no colours
                     lambda values: channels(RED, GREEN, BLUE, GREY)(np.moveaxis(values, -1, 0))),
    "zcyx.tiff": ("ZCYX", (25, 2, 50, 50), "uint8", brightest_channels(RED, GREEN)),
}
PILLOW = {
    "10ct_32bit_128.tiff": ("YX", (128, 128), "float32", one),
    "12bit.cropped.tif": ("YX", (100, 100), "uint12", one),
    "16bit.MM.cropped.tif": ("YX", (64, 64), "uint16", one),
    "16bit.deflate.tif": ("YX", (64, 64), "uint16", one),
    "16bit.s.tif": ("YX", (10, 10), "int16", one),
    "8bit.s.tif": ("YX", (128, 128), "int8", one),
    "g4-multi.tiff": ("IYX", (3, 4677, 3307), "bool", lambda values: first(~values)),  # fax: white is 0
    "g4_orientation_6.tif": ("YX", (590, 88), "bool", lambda values: one(np.rot90(~values, -1))),
    "hopper.Lab.tif": ("YXS", (128, 128, 3), "uint8", "hopper"),
    "hopper2I.tif": ("YX", (128, 128), "uint2", lambda values: one(3 - values)),  # white is 0
    "hopper4.tif": ("YX", (128, 128), "uint4", one),
    "hopper_bigtiff.tif": ("YXS", (128, 128, 3), "uint8", "rgb"),
    "hopper_float_dpi_None.tif": ("YXS", (128, 128, 3), "uint8", "rgb"),
    "hopper_lzma.tif": ("YXS", (128, 128, 3), "uint8", "rgb"),
    "hopper_lzw.tif": ("YXS", (128, 128, 3), "uint8", "rgb"),
    "hopper_unknown_pixel_mode.tif": ("YXS", (128, 128, 3), "uint32", "rgb"),
    "hopper_webp.tif": ("YXS", (128, 128, 3), "uint8", "rgb"),
    "ifd_tag_type.tiff": ("YX", (512, 640), "uint16", one),
    "multipage.tiff": ("IYX", (2, 10, 10), "palette", lambda values: [(values[0] * 0 + 128, GREEN)]),
    "rdf.tif": ("YXS", (556, 518, 2), "palette", None),
    "tiff_16bit_RGB.tiff": ("YXS", (40, 100, 3), "uint16", "rgb"),
    "tiff_16bit_RGBa.tiff": ("YXS", (40, 100, 4), "uint16", None),
    "tiff_strip_cmyk_jpeg.tif": ("YXS", (100, 100, 4), "uint8", None),
    "tiff_strip_planar_16bit_RGB.tiff": ("SYX", (3, 40, 100), "uint16", "rgb"),
    "tiff_strip_planar_raw.tif": ("SYX", (3, 374, 278), "uint8", "rgb"),
    "tiff_tiled_planar_16bit_RGBa.tiff": ("SYX", (4, 40, 100), "uint16", None),
    "tiff_tiled_planar_lzw.tiff": ("SYX", (3, 374, 278), "uint8", "rgb"),
    "tiff_tiled_ycbcr_jpeg_2x2_sampling.tif": ("YXS", (360, 480, 3), "uint8", "rgb"),
}
TABLE = {f"neubias/{name}.tif": row for name, row in NEUBIAS.items()}
TABLE |= {f"galaxy/{name}": row for name, row in GALAXY.items()}
TABLE |= {f"pillow/{name}": row for name, row in PILLOW.items()}
ELSEWHERE = {"neubias/xyz__multiple_images.czi"}


def test_no_file_is_left_out():
    files = {path.relative_to(FORMATS).as_posix() for path in FORMATS.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("broken/")} == TABLE.keys() | ELSEWHERE


@pytest.mark.parametrize("name", TABLE)
def test_a_file_holds_what_its_makers_say(name):
    axes, shape, kind, _ = TABLE[name]
    size = dict(zip(axes, shape, strict=True))
    found = probe_image(FORMATS / name)
    turned = name.endswith("orientation_6.tif")
    assert (found.height, found.width) == ((size["X"], size["Y"]) if turned else (size["Y"], size["X"]))
    assert (found.planes, found.times) == (size.get("Z", 1), size.get("T", 1))
    assert found.is_colour == ("S" in size or kind == "palette")
    assert found.channels == (3 if found.is_colour else size.get("C", 1))
    assert found.scenes == {"galaxy/multiseries.ome.tiff": 6, "pillow/multipage.tiff": 3}.get(name, size.get("I", 1))
    assert described(found) == ("uint8" if kind == "palette" else kind)


def described(info):
    """Such as ``"uint12"``."""
    return "bool" if info.kind == "b" else f"{ {'u': 'uint', 'i': 'int', 'f': 'float'}[info.kind] }{info.bits}"


@pytest.mark.parametrize("name", [name for name in TABLE if callable(TABLE[name][3]) and "multipage" not in name])
def test_what_is_shown_are_the_files_own_numbers(name):
    kind, shown = TABLE[name][2:]
    values = tifffile.imread(FORMATS / name)
    expected = sum(np.array(colour) * levels(channel, kind)[..., None] / 255 for channel, colour in shown(values))
    assert np.abs(read_image(FORMATS / name).pixels - np.minimum(expected, 255)).max() <= 1


def levels(values, kind):
    """The numbers between percentiles 0.1 and 99.9 as 0–255, for types of up to 8 bits between the type's limits."""
    bits = 1 if kind == "bool" else int(re.sub("[a-z]", "", kind))
    values = values.astype(float)
    if bits <= 8:
        low, high = (-128, 127) if kind == "int8" else (0, 2**bits - 1)
    else:
        low, high = np.percentile(values, (0.1, 99.9), method="inverted_cdf")
        if low == high:
            low, high = values.min(), values.max()
    return np.rint(np.clip((values - low) / (high - low), 0, 1) * 255)


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name][3] == "rgb"])
def test_colours_are_the_files_own_numbers_stretched_together(name):
    axes, _, kind, _ = TABLE[name]
    values = tifffile.imread(FORMATS / name)
    values = np.moveaxis(values, axes.index("S"), -1)[..., :3]
    np.testing.assert_array_equal(read_image(FORMATS / name).pixels, levels(values, kind))


def test_one_portrait_is_the_same_in_every_colour_model_and_depth():
    hopper = read_image(FORMATS / "pillow/hopper_lzw.tif").pixels.astype(float)
    for name, tolerance in (("hopper.Lab.tif", 3), ("hopper_webp.tif", 4), ("hopper_bigtiff.tif", 0),
                            ("hopper_unknown_pixel_mode.tif", 1)):
        assert np.abs(read_image(FORMATS / "pillow" / name).pixels - hopper).mean() <= tolerance, name
    grey = hopper @ (0.299, 0.587, 0.114)
    for name, step in (("hopper4.tif", 255 / 15), ("hopper2I.tif", 255 / 3)):
        found = read_image(FORMATS / "pillow" / name).pixels[..., 0]
        assert np.corrcoef(found.ravel(), grey.ravel())[0, 1] > 0.9, name
        assert np.abs(found - grey).mean() <= step, name


@pytest.mark.parametrize("name", ["tiff_16bit_RGBa.tiff", "tiff_tiled_planar_16bit_RGBa.tiff"])
def test_premultiplied_colours_are_divided_by_their_opacity_before_they_are_stretched(name):
    values = tifffile.imread(FORMATS / "pillow/tiff_16bit_RGBa.tiff").astype(float)
    opacity = values[..., 3:] / 65535
    straight = np.where(opacity > 0, np.rint(np.minimum(values[..., :3] / np.maximum(opacity, 1e-9), 65535)), 0)
    expected = levels(straight, "uint16") * opacity + 255 * (1 - opacity)
    assert np.abs(read_image(FORMATS / "pillow" / name).pixels - expected).max() <= 1.5


def test_different_16_bit_pictures_are_never_the_same_picture():
    deep = [name for name, row in TABLE.items() if row[2] == "uint16"]
    twins = {"pillow/16bit.deflate.tif", "pillow/tiff_strip_planar_16bit_RGB.tiff",
             "pillow/tiff_tiled_planar_16bit_RGBa.tiff"}  # each is another file, laid out otherwise
    pictures = {read_image(FORMATS / name).pixels.tobytes() for name in deep}
    assert twins < set(deep)
    assert len(pictures) == len(deep) - len(twins)


def test_files_made_to_crash_readers_give_a_reason_in_little_memory():
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from orangecontrib.imaging.core.errors import UnreadableImage
from orangecontrib.imaging.core.images import probe_image, read_image
for path in sys.argv[1:]:
    for read in (read_image, probe_image):
        try:
            read(path)
        except UnreadableImage as error:
            assert error.reason
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
    files = sorted(map(str, (FORMATS / "broken").iterdir()))
    assert len(files) == 6
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1 << 20


