"""Pictures to measure with: JPEG files with the spectrum of photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

QUALITY = 90


def write_jpegs(folder: Path, count: int, width: int = 640, height: int = 480) -> list[Path]:
    """Write `count` different pictures, the same ones every time; returns their paths.

    Amplitudes fall as 1/frequency, as in natural scenes (Field, J. Opt. Soc. Am. A 4:2379, 1987, section 3): what a
    JPEG decoder takes for a picture depends on it.
    """
    rng = np.random.default_rng(0)
    paths = [folder / f"{number:04}.jpg" for number in range(count)]
    for path in paths:
        Image.fromarray(_draw(rng, width, height)).save(path, quality=QUALITY)
    return paths


def _draw(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8; colours vary less than brightness."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    noise = rng.normal(size=(4, height, width))
    planes = np.fft.irfft2(np.fft.rfft2(noise) / frequency, s=(height, width))
    planes /= planes.std(axis=(1, 2), keepdims=True)
    pixels = 110 + 45 * planes[0, ..., None] + 15 * np.moveaxis(planes[1:], 0, -1)
    return pixels.clip(0, 255).astype(np.uint8)
