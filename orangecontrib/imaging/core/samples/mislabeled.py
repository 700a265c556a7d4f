"""Drawn yeast, of which one picture in twenty lies in the folder of another class: to be found.

The classes are two of `yeast`, which the eye tells apart: rings, and one blob.
"""

from __future__ import annotations

import numpy as np

from .optics import Pixels
from .yeast import draw_yeast

MISLABELED_CLASSES = ("ER", "nucleus")
ABOUT_MISLABELED = """\
Budding yeast in which one protein carries GFP, of two classes. About one
picture in twenty lies in the folder of the other class: to be found.
  ER         endoplasmic reticulum: a ring around the nucleus and a broken
             one under the surface of the cell
  nucleus    one bright blob
"""
_SHARE = 0.05


def choose_drawn(category: str, rng: np.random.Generator) -> str:
    """Choose what a picture in the folder of `category` shows: that, or one time in twenty another class."""
    others = [one for one in MISLABELED_CLASSES if one != category]
    return str(rng.choice(others)) if rng.uniform() < _SHARE else category


def draw_mislabeled(category: str, rng: np.random.Generator) -> Pixels:
    """Draw yeast for the folder of a class: (160, 160) uint8, axes (y, x), 0 to 255.

    Args:
        category: one of `MISLABELED_CLASSES`; the picture may show another.
        rng: all that is left to chance comes from here.
    """
    return draw_yeast(choose_drawn(category, rng), rng)
