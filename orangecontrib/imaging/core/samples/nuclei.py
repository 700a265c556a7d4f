"""Drawn oocyte nuclei, as if stained with Hoechst 33342: SN and NSN.

In a fully grown mouse oocyte the nucleus is about 25 micrometres wide and holds a large round
nucleolus, which the dye leaves dark. SN (surrounded nucleolus): the chromatin has condensed into a
bright ring around it. NSN (not surrounded): the chromatin is spread through the nucleus as a net
with bright chromocentres. The forms in between are drawn too: broken rings among the SN, chromatin
that leans on the nucleolus among the NSN. On the forms: M. Zuccotti et al., Chromatin organization
during mouse oocyte growth, Molecular Reproduction and Development 41, 479-485, 1995.
"""

from __future__ import annotations

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph, psf_sigma_px, rim

NUCLEUS_CLASSES = ("NSN", "SN")
_SIZE_PX = 180
_FOCUS_PX = psf_sigma_px(wavelength_um=0.461, aperture=0.75, pixel_um=0.25)


def draw_nucleus(category: str, rng: np.random.Generator) -> Pixels:
    """Draw one nucleus: (180, 180) uint8, axes (y, x), 0 to 255; a pixel is 0.25 micrometres.

    Args:
        category: "SN" or "NSN".
        rng: all that is left to chance comes from here.
    """
    nucleus = _choose_nucleus(rng)
    nucleoli = _choose_nucleoli(nucleus, rng)
    draw = {"NSN": _diffuse, "SN": _condensed}[category]
    plane = draw(nucleus, nucleoli, rng)
    return photograph(plane, _choose_camera(rng), rng)


def _choose_camera(rng: np.random.Generator) -> Camera:
    defocus_px = rng.uniform(0.5, 2.2)
    return Camera(blur_px=float(np.hypot(_FOCUS_PX, defocus_px)), haze=rng.uniform(0.15, 0.4),
                  photons=rng.uniform(25, 120), background=rng.uniform(0.06, 0.2),
                  falloff=rng.uniform(0, 0.45), falloff_rad=rng.uniform(-np.pi, np.pi))


def _choose_nucleus(rng: np.random.Generator) -> Outline:
    y_px, x_px = rng.normal(_SIZE_PX / 2, 10, 2)
    return Outline(y_px, x_px, radius_px=rng.uniform(44, 60), squeeze=rng.uniform(0.82, 1),
                   turn_rad=rng.uniform(-np.pi, np.pi),
                   wobble=tuple(rng.normal(0, (0.025, 0.02, 0.012))))


def _choose_nucleoli(nucleus: Outline, rng: np.random.Generator) -> list[Outline]:
    """Choose the large nucleolus, which comes first, and none to two small ones."""
    shares = [rng.uniform(0.3, 0.44), *rng.uniform(0.1, 0.17, rng.integers(0, 3))]
    return [_place_inside(nucleus, rng.uniform(0.05, 0.72 - share), share, (0.9, 1), rng)
            for share in shares]


def _place_inside(nucleus: Outline, away: float, share: float, squeeze: tuple[float, float],
                  rng: np.random.Generator) -> Outline:
    """Place a round body; its way from the centre and its radius are shares of the nucleus's."""
    angle, reach = rng.uniform(-np.pi, np.pi), away * nucleus.radius_px
    return Outline(nucleus.y_px + reach * np.sin(angle), nucleus.x_px + reach * np.cos(angle),
                   share * nucleus.radius_px, rng.uniform(*squeeze), rng.uniform(-np.pi, np.pi))


def _diffuse(nucleus: Outline, nucleoli: list[Outline], rng: np.random.Generator) -> Plane:
    """Draw NSN: a net of threads through the whole nucleus, chromocentres, dark nucleoli."""
    level, contrast, envelope, leaning = rng.uniform((0.25, 0.15, 0, 0), (0.4, 0.35, 0.2, 0.45))
    inside = nucleus.distance(_SIZE_PX)
    net = _threads(rng.uniform(2.5, 4.5), rng)
    plane = _thickness(inside, nucleus) * (level + contrast * net) + envelope * rim(inside, 1.5)
    plane = _hollow(plane, nucleoli, rng)
    plane += leaning * _ring(nucleoli[0], 1, rng)
    plane += _chromocentres(nucleus, int(rng.integers(4, 11)), rng)
    return plane.astype(np.float32)


def _condensed(nucleus: Outline, nucleoli: list[Outline], rng: np.random.Generator) -> Plane:
    """Draw SN: most chromatin in a ring around the large nucleolus, strands in the rest."""
    level, contrast, ring, patchiness = rng.uniform((0.1, 0.1, 0.5, 0.2), (0.3, 0.35, 1.1, 1))
    inside = nucleus.distance(_SIZE_PX)
    net = _threads(rng.uniform(3, 6), rng)
    plane = _hollow(_thickness(inside, nucleus) * (level + contrast * net), nucleoli, rng)
    plane += ring * _ring(nucleoli[0], patchiness, rng)
    plane += _chromocentres(nucleus, int(rng.integers(1, 7)), rng)
    return plane.astype(np.float32)


def _thickness(inside: Plane, nucleus: Outline) -> Plane:
    """Give how much of a flattened ball lies over each pixel, 0 to 1."""
    depth = np.clip(inside / np.float32(nucleus.radius_px), 0, 1)
    ball: Plane = np.sqrt(np.sqrt(depth * (2 - depth)))
    return fill(inside) * ball


def _threads(grain_px: float, rng: np.random.Generator) -> Plane:
    """Draw a net of threads, 0 to 1: where a cloudy texture passes through its mean."""
    net: Plane = np.exp(np.float32(-3) * np.square(mottle(rng, _SIZE_PX, grain_px)))
    return net


def _hollow(plane: Plane, nucleoli: list[Outline], rng: np.random.Generator) -> Plane:
    """Darken the nucleoli; chromatin above and below keeps them from being black."""
    depth = np.float32(rng.uniform(0.55, 0.85))
    for nucleolus in nucleoli:
        plane = plane * (1 - depth * fill(nucleolus.distance(_SIZE_PX)))
    return plane


def _ring(nucleolus: Outline, patchiness: float, rng: np.random.Generator) -> Plane:
    """Draw chromatin on a nucleolus: an even ring (patchiness 0) to a few patches (1)."""
    angle = nucleolus.angle(_SIZE_PX)
    waves = np.zeros_like(angle)
    for number in (1, 2, 3, 5):
        waves += np.cos(number * angle + np.float32(rng.uniform(-np.pi, np.pi)))
    share = np.clip(1 - np.float32(patchiness) * (0.5 - 0.35 * waves), 0, 1)
    offset_px, width_px = rng.uniform((0, 1.8), (2, 3.6))
    return share * rim(nucleolus.distance(_SIZE_PX) + np.float32(offset_px), width_px)


def _chromocentres(nucleus: Outline, count: int, rng: np.random.Generator) -> Plane:
    """Draw bright clumps of chromatin anywhere in the nucleus."""
    plane: Plane = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for _ in range(count):
        away, share = 0.8 * np.sqrt(rng.uniform()), rng.uniform(0.03, 0.065)
        clump = _place_inside(nucleus, away, share, (0.6, 1), rng)
        plane += np.float32(rng.uniform(0.3, 1.2)) * fill(clump.distance(_SIZE_PX))
    return plane
