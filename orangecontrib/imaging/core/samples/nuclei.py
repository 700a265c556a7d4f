"""Drawn oocyte nuclei, as if stained with Hoechst 33342: SN and NSN.

In a fully grown mouse oocyte the nucleus is about 25 um wide and holds one large round nucleolus, which the dye
leaves dark. SN (surrounded nucleolus): the chromatin has condensed into a bright ring around it. NSN (not surrounded):
the chromatin is spread through the nucleus as a net with bright chromocentres. Cells in between exist, and are
drawn too: broken rings among the SN, chromocentres that lean on the nucleolus among the NSN.
"""

from __future__ import annotations

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph, psf_sigma_px, rim

CATEGORIES = ("NSN", "SN")
SIZE_PX = 180
_PIXEL_UM = 0.25
_BLUR_PX = psf_sigma_px(wavelength_um=0.461, aperture=0.75, pixel_um=_PIXEL_UM)


def draw_nucleus(category: str, rng: np.random.Generator) -> Pixels:
    """A picture of one nucleus: (180, 180) uint8, axes (y, x), 0 to 255.

    Args:
        category: "SN" or "NSN".
        rng: all that is left to chance comes from here.
    """
    nucleus = _choose_nucleus(rng)
    nucleoli = _choose_nucleoli(nucleus, rng)
    draw = _condensed if category == "SN" else _diffuse
    plane = draw(nucleus, nucleoli, rng)
    return photograph(plane, _choose_camera(rng), rng)


def _choose_camera(rng: np.random.Generator) -> Camera:
    return Camera(blur_px=float(np.hypot(_BLUR_PX, rng.uniform(0.5, 2.2))),
                  haze=rng.uniform(0.15, 0.4),
                  photons=rng.uniform(25, 120),
                  background=rng.uniform(0.06, 0.2),
                  tilt=rng.uniform(0, 0.45),
                  tilt_rad=rng.uniform(-np.pi, np.pi))


def _choose_nucleus(rng: np.random.Generator) -> Outline:
    return Outline(y_px=SIZE_PX / 2 + rng.normal(0, 9), x_px=SIZE_PX / 2 + rng.normal(0, 9),
                   radius_px=rng.uniform(44, 60), squeeze=rng.uniform(0.82, 1),
                   turn_rad=rng.uniform(-np.pi, np.pi),
                   wobble=tuple(rng.normal(0, (0.025, 0.02, 0.012))))


def _choose_nucleoli(nucleus: Outline, rng: np.random.Generator) -> list[Outline]:
    """The large nucleolus first, then none to two small ones."""
    radii = [rng.uniform(0.3, 0.44)] + [rng.uniform(0.1, 0.17) for _ in range(rng.integers(0, 3))]
    nucleoli: list[Outline] = []
    for radius in radii:
        away = nucleus.radius_px * rng.uniform(0.05, 0.72 - radius)
        angle = rng.uniform(-np.pi, np.pi)
        nucleoli.append(Outline(y_px=nucleus.y_px + away * np.sin(angle),
                                x_px=nucleus.x_px + away * np.cos(angle),
                                radius_px=radius * nucleus.radius_px, squeeze=rng.uniform(0.9, 1),
                                turn_rad=rng.uniform(-np.pi, np.pi)))
    return nucleoli


def _diffuse(nucleus: Outline, nucleoli: list[Outline], rng: np.random.Generator) -> Plane:
    """NSN: a net of threads through the whole nucleus, chromocentres, a dark nucleolus."""
    inside = nucleus.distance(SIZE_PX)
    net = _threads(rng, grain_px=rng.uniform(2.5, 4.5))
    plane = _thickness(inside, nucleus) * (rng.uniform(0.25, 0.4) + rng.uniform(0.15, 0.35) * net)
    plane += rng.uniform(0, 0.2) * rim(inside, 1.5)
    plane = _hollow(plane, nucleoli, rng.uniform(0.55, 0.85))
    plane += rng.uniform(0, 0.45) * _ring(nucleoli[0], rng, patchiness=1.0)
    return plane + _chromocentres(nucleus, int(rng.integers(4, 11)), rng)


def _condensed(nucleus: Outline, nucleoli: list[Outline], rng: np.random.Generator) -> Plane:
    """SN: most chromatin in a ring around the nucleolus, strands in the rest of the nucleus."""
    inside = nucleus.distance(SIZE_PX)
    net = _threads(rng, grain_px=rng.uniform(3, 6))
    plane = _thickness(inside, nucleus) * (rng.uniform(0.1, 0.3) + rng.uniform(0.1, 0.35) * net)
    plane = _hollow(plane, nucleoli, rng.uniform(0.55, 0.85))
    plane += rng.uniform(0.5, 1.1) * _ring(nucleoli[0], rng, patchiness=rng.uniform(0.2, 1))
    return plane + _chromocentres(nucleus, int(rng.integers(1, 7)), rng)


def _thickness(inside: Plane, nucleus: Outline) -> Plane:
    """How much of a flattened ball lies over each pixel, 0 to 1."""
    depth = np.clip(inside / np.float32(nucleus.radius_px), 0, 1)
    return fill(inside) * np.sqrt(np.sqrt(np.clip(depth * (2 - depth), 0, 1)))


def _threads(rng: np.random.Generator, grain_px: float) -> Plane:
    """A net of threads, 0 to 1: where a cloudy texture passes through its mean."""
    return np.exp(-3 * np.square(mottle(rng, SIZE_PX, grain_px)))


def _hollow(plane: Plane, nucleoli: list[Outline], depth: float) -> Plane:
    """The plane with its nucleoli darkened; chromatin above and below keeps them from being black."""
    for nucleolus in nucleoli:
        plane = plane * (1 - np.float32(depth) * fill(nucleolus.distance(SIZE_PX)))
    return plane


def _ring(nucleolus: Outline, rng: np.random.Generator, patchiness: float) -> Plane:
    """Chromatin on a nucleolus: an even ring (patchiness 0) to a few patches (1)."""
    angle = nucleolus.angle(SIZE_PX)
    waves = sum(np.cos(number * angle + rng.uniform(-np.pi, np.pi)) for number in (1, 2, 3, 5))
    share = np.clip(1 - patchiness * (0.5 - 0.35 * waves), 0, 1).astype(np.float32)
    outside = nucleolus.distance(SIZE_PX) + np.float32(rng.uniform(0, 2))
    return share * rim(outside, rng.uniform(1.8, 3.6))


def _chromocentres(nucleus: Outline, count: int, rng: np.random.Generator) -> Plane:
    """Bright clumps of chromatin anywhere in the nucleus."""
    plane = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    for _ in range(count):
        away, angle = nucleus.radius_px * 0.8 * np.sqrt(rng.uniform()), rng.uniform(-np.pi, np.pi)
        clump = Outline(nucleus.y_px + away * np.sin(angle), nucleus.x_px + away * np.cos(angle),
                        radius_px=rng.uniform(1.5, 3.5), squeeze=rng.uniform(0.6, 1),
                        turn_rad=rng.uniform(-np.pi, np.pi))
        plane += np.float32(rng.uniform(0.3, 0.9)) * fill(clump.distance(SIZE_PX))
    return plane
