"""Drawn budding yeast with one protein tagged with GFP: cytoplasm, nucleus, ER or vacuole.

After what the pictures of the yeast GFP collection show (W.-K. Huh et al., Global analysis of protein localization in
budding yeast, Nature 425, 686-691, 2003): a cytoplasmic protein fills the cell and leaves its vacuole dark; a
nuclear one is a single blob; the endoplasmic reticulum is a ring around the nucleus and a broken one under the
cell's surface, joined by strands; a vacuolar protein lies on the membrane of one to three vacuoles, at times inside too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph, psf_sigma_px, rim

SIZE_PX = 160
_PIXEL_UM = 0.08
_BLUR_PX = psf_sigma_px(wavelength_um=0.509, aperture=1.4, pixel_um=_PIXEL_UM)


@dataclass(frozen=True)
class Cell:
    """One cell: its own outline and those of what lies in it."""

    surface: Outline
    nucleus: Outline
    vacuoles: tuple[Outline, ...]


def draw_yeast(category: str, rng: np.random.Generator) -> Pixels:
    """A picture of a few cells: (160, 160) uint8, axes (y, x), 0 to 255.

    Args:
        category: one of `CATEGORIES`.
        rng: all that is left to chance comes from here.
    """
    plane = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    leak = rng.uniform(0.05, 0.3)
    for surface in _choose_surfaces(rng):
        cell = _choose_cell(surface, rng)
        body = _body(cell)
        brightness = np.float32(rng.uniform(0.7, 1))
        plane = np.maximum(plane, brightness * (leak * body + _DRAW[category](cell, rng)))
    return photograph(plane, _choose_camera(rng), rng)


def _choose_camera(rng: np.random.Generator) -> Camera:
    return Camera(blur_px=float(np.hypot(_BLUR_PX, rng.uniform(0, 2))),
                  haze=rng.uniform(0.1, 0.35),
                  photons=rng.uniform(20, 90),
                  background=rng.uniform(0.05, 0.2),
                  tilt=rng.uniform(0, 0.45),
                  tilt_rad=rng.uniform(-np.pi, np.pi))


def _choose_surfaces(rng: np.random.Generator) -> list[Outline]:
    """A mother near the middle, often with a bud, and neighbours that do not overlap it."""
    middle = SIZE_PX / 2 + rng.normal(0, 10, 2)
    mother = _oval(*middle, rng.uniform(28, 38), rng)
    surfaces = [mother]
    if rng.uniform() < 0.5:
        surfaces.append(_beside(mother, mother.radius_px * rng.uniform(0.4, 0.75), -3, rng))
    for _ in range(rng.integers(0, 5)):
        other = _beside(mother, rng.uniform(26, 36), rng.uniform(2, 25), rng)
        if all(_apart(other, one) for one in surfaces):
            surfaces.append(other)
    return surfaces


def _oval(y_px: float, x_px: float, radius_px: float, rng: np.random.Generator) -> Outline:
    return Outline(y_px, x_px, radius_px, squeeze=rng.uniform(0.8, 1),
                   turn_rad=rng.uniform(-np.pi, np.pi), wobble=tuple(rng.normal(0, (0.02, 0.015))))


def _beside(cell: Outline, radius_px: float, gap_px: float, rng: np.random.Generator) -> Outline:
    away, angle = cell.radius_px + radius_px + gap_px, rng.uniform(-np.pi, np.pi)
    return _oval(cell.y_px + away * np.sin(angle), cell.x_px + away * np.cos(angle), radius_px, rng)


def _apart(one: Outline, other: Outline) -> bool:
    gap = np.hypot(one.y_px - other.y_px, one.x_px - other.x_px) - one.radius_px - other.radius_px
    return bool(gap > 0)


def _choose_cell(surface: Outline, rng: np.random.Generator) -> Cell:
    """The nucleus on one side, the vacuoles on the other."""
    angle = rng.uniform(-np.pi, np.pi)
    nucleus = _organelle(surface, rng.uniform(0.3, 0.4), rng.uniform(0.25, 0.5), angle, rng)
    count = rng.choice((1, 2, 3), p=(0.6, 0.25, 0.15))
    largest = {1: 0.52, 2: 0.38, 3: 0.3}[int(count)]
    angles = angle + np.pi + (np.arange(count) - (count - 1) / 2) * rng.uniform(1.2, 1.8)
    vacuoles = tuple(_organelle(surface, largest * rng.uniform(0.7, 1), rng.uniform(0.3, 0.5), each, rng)
                     for each in angles)
    return Cell(surface, nucleus, vacuoles)


def _organelle(surface: Outline, share: float, away: float, angle: float, rng: np.random.Generator) -> Outline:
    """A round body of a share of the cell's radius, its centre a share of the radius away from the cell's."""
    reach = surface.radius_px * min(away, 0.85 - share)
    return Outline(surface.y_px + reach * np.sin(angle), surface.x_px + reach * np.cos(angle),
                   surface.radius_px * share, squeeze=rng.uniform(0.85, 1),
                   turn_rad=rng.uniform(-np.pi, np.pi))


def _body(cell: Cell) -> Plane:
    """The cell's protein-free look: filled, thinner at the edge, dark vacuoles."""
    inside = cell.surface.distance(SIZE_PX)
    depth = np.clip(inside / np.float32(cell.surface.radius_px), 0, 1)
    plane = fill(inside) * np.sqrt(depth * (2 - depth))
    for vacuole in cell.vacuoles:
        plane *= 1 - np.float32(0.75) * fill(vacuole.distance(SIZE_PX))
    return plane


def _cytoplasm(cell: Cell, rng: np.random.Generator) -> Plane:
    grains = 1 + rng.uniform(0.04, 0.15) * mottle(rng, SIZE_PX, 2.5)
    nucleus = 1 + rng.uniform(-0.3, 0.2) * fill(cell.nucleus.distance(SIZE_PX))
    return rng.uniform(0.6, 0.9) * _body(cell) * grains * nucleus


def _nucleus(cell: Cell, rng: np.random.Generator) -> Plane:
    return rng.uniform(0.5, 1) * fill(cell.nucleus.distance(SIZE_PX))


def _reticulum(cell: Cell, rng: np.random.Generator) -> Plane:
    inside = cell.surface.distance(SIZE_PX)
    patches = np.clip(0.6 + 0.6 * mottle(rng, SIZE_PX, 6), 0, 1)
    cortex = rim(inside - 3, 1.3) * patches
    envelope = rim(cell.nucleus.distance(SIZE_PX), 1.3)
    strands = np.exp(-12 * np.square(mottle(rng, SIZE_PX, 7))) * fill(inside - 3)
    return (rng.uniform(0.4, 0.9) * cortex + rng.uniform(0.6, 0.9) * envelope
            + rng.uniform(0, 0.3) * strands)


def _vacuole(cell: Cell, rng: np.random.Generator) -> Plane:
    membrane, lumen = rng.uniform(0.4, 0.9), rng.uniform(0, 0.5)
    plane = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    for vacuole in cell.vacuoles:
        inside = vacuole.distance(SIZE_PX)
        plane = np.maximum(plane, membrane * rim(inside, 1.3) + lumen * fill(inside))
    return plane


_DRAW: dict[str, Callable[[Cell, np.random.Generator], Plane]] = {
    "cytoplasm": _cytoplasm, "ER": _reticulum, "nucleus": _nucleus, "vacuole": _vacuole}
CATEGORIES = tuple(_DRAW)
