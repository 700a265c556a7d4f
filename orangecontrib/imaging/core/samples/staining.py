"""Drawn nuclei of two brightnesses, in 16 bits: pictures whose class lies in how bright they are.

A camera of 12 bits writes counts of 0 to 4095 into files of 16 bits, all with one exposure. The
nuclei of both classes look alike but for the amount of dye, as after a treatment that doubles a
protein. Who stretches every picture on its own makes them equally bright.
"""

from __future__ import annotations

import numpy as np

from .optics import Camera, Counts, Outline, Plane, expose, fill, mottle

STAIN_CLASSES = ("weak", "strong")
ABOUT_STAINED = """\
Nuclei in a wide-field microscope; a pixel is a count of the camera, 0 to 4095.
All pictures have the same exposure. The class is how much dye a nucleus took.
  weak    about 300 to 500 counts in a nucleus
  strong  about 600 to 1100
In a viewer that knows only 256 grey levels they may look all black.
"""
_SIZE_PX = 160
_OFFSET, _FULL = 100, 4095
_COUNTS = {"weak": (280.0, 520.0), "strong": (620.0, 1150.0)}


def draw_stained(category: str, rng: np.random.Generator) -> Counts:
    """Draw a few nuclei: (160, 160) uint16, axes (y, x), camera counts, 0 to 4095.

    Args:
        category: one of `STAIN_CLASSES`.
        rng: all that is left to chance comes from here.
    """
    plane: Plane = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for nucleus in _choose_nuclei(rng):
        inside = nucleus.distance(_SIZE_PX)
        cloud = 1 + np.float32(0.2) * mottle(rng, _SIZE_PX, 4)
        plane = np.maximum(plane, np.float32(rng.uniform(0.85, 1)) * fill(inside) * cloud)
    # So much light that its noise is small for both: else the noise would tell the classes apart.
    camera = Camera(blur_px=rng.uniform(1.2, 2), haze=rng.uniform(0.1, 0.2), photons=4000, background=0.05,
                    falloff=rng.uniform(0, 0.2), falloff_rad=rng.uniform(-np.pi, np.pi))
    light = _OFFSET + rng.uniform(*_COUNTS[category]) * expose(plane, camera, rng)
    counts: Counts = np.clip(np.rint(light), 0, _FULL).astype(np.uint16)
    return counts


def _choose_nuclei(rng: np.random.Generator) -> list[Outline]:
    """Choose two to four nuclei in five places, so that none lies on another."""
    places = rng.permutation([(45, 45), (45, 115), (115, 45), (115, 115), (80, 80)])[:rng.integers(2, 5)]
    return [Outline(y_px + rng.normal(0, 3), x_px + rng.normal(0, 3), rng.uniform(17, 22), rng.uniform(0.75, 1),
                    rng.uniform(-np.pi, np.pi), tuple(rng.normal(0, (0.03, 0.02)))) for y_px, x_px in places]
