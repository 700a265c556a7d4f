"""Made-up fluorescence stacks: what a microscope might have recorded of a few cells, for tests that are looked at."""

import numpy as np
import tifffile

CHANNELS = ("Nuclei", "Membranes", "Spots")
_COLOURS = (0x0000FFFF, 0x00FF00FF, -0x00FF0001)  # OME: RGBA in a signed 32-bit number: blue, green, magenta
_HAZE, _NOISE = 180, 12


def cell_stack(seed, side_px=256, planes=5):
    """(planes, 3, side, side) uint16: nuclei, membranes and spots of a dozen cells; 12 bits of 16 are used."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side_px, :side_px]
    stack = np.full((planes, 3, side_px, side_px), float(_HAZE))
    for row, column, depth in rng.uniform((0, 0, 1), (side_px, side_px, planes - 2), (12, 3)):
        radius = rng.uniform(0.06, 0.09) * side_px
        away = np.hypot(rows - row, (columns - column) * rng.uniform(0.8, 1.2)) / radius
        spots = rng.normal((row, column), radius / 2, (9, 2))
        near = np.min([np.hypot(rows - one[0], columns - one[1]) for one in spots], axis=0)
        nucleus, membrane = 1 / (1 + np.exp(8 * (away - 0.6))), np.exp(-(((away - 1.25) / 0.12) ** 2))
        shapes = np.stack([2600 * nucleus, 1500 * membrane, 3400 * np.exp(-((near / 2.2) ** 2))])
        sharp = np.exp(-((np.arange(planes) - depth) ** 2))
        stack += sharp[:, None, None, None] * shapes
    return np.clip(stack + rng.normal(0, _NOISE, stack.shape), 0, 4095).astype(np.uint16)


def write_cell_stacks(folder, count):
    """OME-TIFF files with names and colours of their channels, and a pixel size of 0.32 µm."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        metadata = {"axes": "ZCYX", "PhysicalSizeX": 0.32, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.32,
                    "PhysicalSizeYUnit": "µm", "Channel": {"Name": list(CHANNELS), "Color": list(_COLOURS)}}
        tifffile.imwrite(folder / f"P1_A{number + 1:02}_s1.ome.tif", cell_stack(number), metadata=metadata,
                         compression="zlib")
    return folder
