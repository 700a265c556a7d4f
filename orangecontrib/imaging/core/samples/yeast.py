"""Drawn budding yeast in which one protein carries GFP: in cytoplasm, ER, nucleus or vacuole.

After the patterns described with the yeast GFP collection (W.-K. Huh et al., Global analysis of
protein localization in budding yeast, Nature 425, 686-691, 2003): a cytoplasmic protein fills the
cell and leaves its vacuole dark; a nuclear one is a single blob; one of the endoplasmic reticulum
draws a ring around the nucleus and a broken one under the cell's surface, joined by strands; one
of the vacuole lies on the membrane of one to three vacuoles, at times inside them too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph, psf_sigma_px, rim

_SIZE_PX = 160
_FOCUS_PX = psf_sigma_px(wavelength_um=0.509, aperture=1.4, pixel_um=0.08)
_MEMBRANE_PX = 1.3
_GRAIN_PX = {"cytoplasm": 3, "ER": 6, "nucleus": 3, "vacuole": 3}


@dataclass(frozen=True)
class Cell:
    """One cell as planes, each from `Outline.distance`.

    Attributes:
        surface, nucleus, vacuoles: how far each pixel lies inside them.
        depth: how far inside the surface, as a share of the cell's radius, 0 to 1.
        cloud: a random texture that the cells of a picture share, mean 0, standard deviation 1.
    """

    surface: Plane
    nucleus: Plane
    vacuoles: tuple[Plane, ...]
    depth: Plane
    cloud: Plane


def draw_yeast(category: str, rng: np.random.Generator) -> Pixels:
    """Draw a few cells: (160, 160) uint8, axes (y, x), 0 to 255; a pixel is 0.08 micrometres.

    Args:
        category: one of `YEAST_CLASSES`.
        rng: all that is left to chance comes from here.
    """
    plane: Plane = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    cloud = mottle(rng, _SIZE_PX, _GRAIN_PX[category])
    leak = np.float32(rng.uniform(0.05, 0.25))
    for surface in _choose_surfaces(rng):
        cell = _choose_cell(surface, cloud, rng)
        brightness = np.float32(rng.uniform(0.7, 1))
        signal = _SIGNALS[category](cell, rng)
        plane = np.maximum(plane, brightness * (leak * _body(cell) + signal))
    return photograph(plane, _choose_camera(rng), rng)


def _choose_camera(rng: np.random.Generator) -> Camera:
    defocus_px = rng.uniform(0, 1.8)
    return Camera(blur_px=float(np.hypot(_FOCUS_PX, defocus_px)), haze=rng.uniform(0.1, 0.35),
                  photons=rng.uniform(25, 100), background=rng.uniform(0.05, 0.2),
                  falloff=rng.uniform(0, 0.45), falloff_rad=rng.uniform(-np.pi, np.pi))


def _choose_surfaces(rng: np.random.Generator) -> list[Outline]:
    """Choose a mother near the middle, often with a bud, and neighbours that overlap neither."""
    y_px, x_px = rng.normal(_SIZE_PX / 2, 10, 2)
    mother = _oval(y_px, x_px, rng.uniform(28, 38), rng)
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
                   turn_rad=rng.uniform(-np.pi, np.pi),
                   wobble=tuple(rng.normal(0, (0.02, 0.015))))


def _beside(cell: Outline, radius_px: float, gap_px: float, rng: np.random.Generator) -> Outline:
    away, angle = cell.radius_px + radius_px + gap_px, rng.uniform(-np.pi, np.pi)
    return _oval(cell.y_px + away * np.sin(angle), cell.x_px + away * np.cos(angle), radius_px, rng)


def _apart(one: Outline, other: Outline) -> bool:
    between = np.hypot(one.y_px - other.y_px, one.x_px - other.x_px)
    return bool(between > one.radius_px + other.radius_px)


def _choose_cell(surface: Outline, cloud: Plane, rng: np.random.Generator) -> Cell:
    """Choose a nucleus on one side and vacuoles on the other."""
    angle = rng.uniform(-np.pi, np.pi)
    nucleus = _organelle(surface, rng.uniform(0.3, 0.4), rng.uniform(0.25, 0.5), angle, rng)
    count = int(rng.choice((1, 2, 3), p=(0.6, 0.25, 0.15)))
    largest = (0.52, 0.38, 0.3)[count - 1]
    angles = angle + np.pi + (np.arange(count) - (count - 1) / 2) * rng.uniform(1.2, 1.8)
    vacuoles = tuple(
        _organelle(surface, largest * rng.uniform(0.7, 1), rng.uniform(0.3, 0.5), each, rng)
        for each in angles)
    inside = surface.distance(_SIZE_PX)
    return Cell(inside, nucleus, vacuoles, np.clip(inside / np.float32(surface.radius_px), 0, 1),
                cloud)


def _organelle(surface: Outline, share: float, away: float, angle: float,
               rng: np.random.Generator) -> Plane:
    """Place a round body; its radius and its distance from the centre are shares of the cell's."""
    reach = surface.radius_px * min(away, 0.85 - share)
    body = Outline(surface.y_px + reach * np.sin(angle), surface.x_px + reach * np.cos(angle),
                   surface.radius_px * share, squeeze=rng.uniform(0.85, 1),
                   turn_rad=rng.uniform(-np.pi, np.pi))
    return body.distance(_SIZE_PX)


def _body(cell: Cell) -> Plane:
    """Draw a filled cell, thinner towards its edge, with dark vacuoles."""
    plane: Plane = fill(cell.surface) * np.sqrt(cell.depth * (2 - cell.depth))
    for vacuole in cell.vacuoles:
        plane *= 1 - np.float32(0.75) * fill(vacuole)
    return plane


def _cytoplasm(cell: Cell, rng: np.random.Generator) -> Plane:
    level, grain, nucleus = rng.uniform((0.6, 0.04, -0.3), (0.9, 0.15, 0.2)).astype(np.float32)
    texture: Plane = level * (1 + grain * cell.cloud) * (1 + nucleus * fill(cell.nucleus))
    return texture * _body(cell)


def _nucleus(cell: Cell, rng: np.random.Generator) -> Plane:
    level = np.float32(rng.uniform(0.5, 1))
    plane: Plane = level * fill(cell.nucleus) * np.clip(0.6 + cell.nucleus / 20, 0, 1)
    return plane


def _reticulum(cell: Cell, rng: np.random.Generator) -> Plane:
    cortex, envelope, strands = rng.uniform((0.4, 0.6, 0), (0.9, 0.9, 0.3)).astype(np.float32)
    beneath = cell.surface - 3
    patches = np.clip(np.float32(0.6) * (1 + cell.cloud), 0, 1)
    net = np.exp(np.float32(-12) * np.square(cell.cloud)) * fill(beneath)
    plane: Plane = cortex * rim(beneath, _MEMBRANE_PX) * patches + strands * net
    plane += envelope * rim(cell.nucleus, _MEMBRANE_PX)
    return plane


def _vacuole(cell: Cell, rng: np.random.Generator) -> Plane:
    membrane, lumen = rng.uniform((0.5, 0), (0.9, 0.4)).astype(np.float32)
    plane: Plane = np.zeros_like(cell.surface)
    for vacuole in cell.vacuoles:
        np.maximum(plane, membrane * rim(vacuole, _MEMBRANE_PX) + lumen * fill(vacuole), out=plane)
    return plane


_SIGNALS: dict[str, Callable[[Cell, np.random.Generator], Plane]] = {
    "cytoplasm": _cytoplasm, "ER": _reticulum, "nucleus": _nucleus, "vacuole": _vacuole}
YEAST_CLASSES = tuple(_SIGNALS)


def draw_yeast_of_any_class(_: str, rng: np.random.Generator) -> Pixels:
    """As `draw_yeast`; what the first argument would say is left to chance."""
    return draw_yeast(any_class(rng), rng)


def any_class(rng: np.random.Generator) -> str:
    """One of `YEAST_CLASSES`, by the next number of a generator."""
    return YEAST_CLASSES[int(rng.integers(len(YEAST_CLASSES)))]
