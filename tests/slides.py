"""Synthetic slides in Aperio's form, which OpenSlide reads."""

import os
import time

import numpy as np
import pytest
import tifffile
from made import pixels

from orangecontrib.imaging.core.formats import SLIDE

needs_slides = pytest.mark.skipif(not SLIDE.is_installed, reason="the extra 'slides' is not installed")
PURPLE = (150, 80, 160)


def write_slide(path, values, age_s=60):
    """A slide of (height, width, 3) uint8, 0.5 micrometres a pixel, written a while ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape[:2]
    said = (f"Aperio Image Library v11.2.1\r\n{width}x{height} [0,0 {width}x{height}] (256x256)|AppMag = 20|MPP = 0.5")
    tifffile.imwrite(path, values, tile=(256, 256), photometric="rgb", description=said, metadata=None)
    os.utime(path, (time.time() - age_s,) * 2)
    return str(path)


def glass(height, width, seed=0):
    """(height, width, 3) uint8: white in warm light, with a little noise."""
    noise = np.random.default_rng(seed).integers(-3, 4, (height, width, 3))
    return (np.array([246, 243, 238]) + noise).astype(np.uint8)


def stained(height, width, *blobs):
    """Glass with purple blobs, each (left, top, right, bottom)."""
    values = glass(height, width)
    for left, top, right, bottom in blobs:
        values[top:bottom, left:right] = PURPLE
    return values


def colourful(height, width, seed=0):
    """(height, width, 3) uint8, all different: a tile of it can be told from every other."""
    return pixels(height, width, seed)
