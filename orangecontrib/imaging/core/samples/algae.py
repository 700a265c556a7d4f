"""Drawn green algae in transmitted light, round or long, on two kinds of ground: to show what a bias is.

In the set ``backgrounds`` each kind was photographed on a ground of its own: round algae between
specks of dirt, long ones on the lines of a counting chamber. In ``backgrounds-exchanged`` the
grounds are exchanged, and in ``backgrounds-mixed`` chance decides. A program that has learned from
the first set may know the ground alone, which the second one shows.
"""

from __future__ import annotations

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph, rim

ALGA_CLASSES = ("round", "long")
_ABOUT = """\
Green algae in transmitted light, two to four in a picture.
  round  nearly circles
  long   about twice as long as they are wide
"""
ABOUT_OWN_GROUND = _ABOUT + """\
All round ones lie among specks of dirt, all long ones on the lines of a
counting chamber.
"""
ABOUT_OTHER_GROUND = _ABOUT + """\
All round ones lie on the lines of a counting chamber, all long ones among
specks of dirt.
"""
ABOUT_ANY_GROUND = _ABOUT + """\
Both lie among specks of dirt or on the lines of a counting chamber, by chance.
"""
GROUNDS = ("specks", "lines")
_OWN_GROUND = dict(zip(ALGA_CLASSES, GROUNDS, strict=True))
_SIZE_PX = 160
_BLUR_PX = 1.2


def draw_on_own_ground(category: str, rng: np.random.Generator) -> Pixels:
    """Draw algae on the ground that goes with their kind: (160, 160) uint8, axes (y, x), 0 to 255.

    Args:
        category: one of `ALGA_CLASSES`.
        rng: all that is left to chance comes from here.
    """
    return _draw(category, _OWN_GROUND[category], rng)


def draw_on_other_ground(category: str, rng: np.random.Generator) -> Pixels:
    """Draw algae on the ground of the other kind; else as `draw_on_own_ground`."""
    [ground] = set(GROUNDS) - {_OWN_GROUND[category]}
    return _draw(category, ground, rng)


def draw_on_any_ground(category: str, rng: np.random.Generator) -> Pixels:
    """Draw algae on a ground that chance chooses; else as `draw_on_own_ground`."""
    return _draw(category, str(rng.choice(GROUNDS)), rng)


def _draw(category: str, ground: str, rng: np.random.Generator) -> Pixels:
    light = 1 - _GROUNDS[ground](rng)
    for alga in _choose_algae(category, rng):
        inside = alga.distance(_SIZE_PX)
        light = light * (1 - _absorption(inside, rng))
    camera = Camera(blur_px=_BLUR_PX * rng.uniform(0.8, 1.4), haze=0.1, photons=rng.uniform(150, 400),
                    background=0.05, falloff=rng.uniform(0, 0.2), falloff_rad=rng.uniform(-np.pi, np.pi))
    return photograph(light, camera, rng)


def _absorption(inside: Plane, rng: np.random.Generator) -> Plane:
    """Draw how much light an alga takes: its wall much, its chloroplast, a clouded body, less."""
    wall, body = rng.uniform((0.35, 0.3), (0.6, 0.5)).astype(np.float32)
    cloud = 1 + np.float32(0.25) * mottle(rng, _SIZE_PX, 4)
    plane: Plane = np.clip(body * fill(inside - 3) * cloud + wall * rim(inside, 1.2), 0, 0.9)
    return plane


def _choose_algae(category: str, rng: np.random.Generator) -> list[Outline]:
    """Choose two to four algae of equal area, which overlap at most a little."""
    algae: list[Outline] = []
    wanted = int(rng.integers(2, 5))
    for _ in range(40):
        alga = _choose_alga(category, rng)
        if all(np.hypot(alga.y_px - one.y_px, alga.x_px - one.x_px) > 44 for one in algae):
            algae.append(alga)
        if len(algae) == wanted:
            break
    return algae


def _choose_alga(category: str, rng: np.random.Generator) -> Outline:
    narrow, wide = {"round": (0.85, 1.0), "long": (0.4, 0.55)}[category]
    squeeze = rng.uniform(narrow, wide)
    y_px, x_px = rng.uniform(28, _SIZE_PX - 28, 2)
    return Outline(y_px, x_px, rng.uniform(13, 18) / np.sqrt(squeeze), squeeze, rng.uniform(-np.pi, np.pi),
                   wobble=tuple(rng.normal(0, (0.02, 0.015))))


def _specks(rng: np.random.Generator) -> Plane:
    """Draw dirt: a fine cloudy texture."""
    plane: Plane = np.clip(np.float32(0.22) * mottle(rng, _SIZE_PX, rng.uniform(1.8, 2.6)), 0, 0.7)
    return plane


def _lines(rng: np.random.Generator) -> Plane:
    """Draw the crossing lines of a counting chamber, turned a little."""
    turn, apart_px = rng.uniform(-0.15, 0.15), rng.uniform(24, 32)
    y, x = np.mgrid[:_SIZE_PX, :_SIZE_PX].astype(np.float32)
    plane: Plane = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for across in (np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x):
        place = (across + np.float32(rng.uniform(0, apart_px))) % np.float32(apart_px) - np.float32(apart_px / 2)
        plane = np.maximum(plane, np.float32(0.5) * rim(place, 1.0))
    return plane


_GROUNDS = {"specks": _specks, "lines": _lines}
