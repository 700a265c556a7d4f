"""Drawn nuclei on well plates, of untreated and treated cells: each plate has a look of its own.

No two plates of a screen look alike: they were stained, lit and focused on different days (batch
effects: J. T. Leek et al., Tackling the widespread and critical impact of batch effects in
high-throughput data, Nature Reviews Genetics 11, 733-739, 2010). Here a plate holds mostly one
class, as where treated cells and their controls were grown on different days. What tells the
classes themselves apart is little: treated nuclei are smaller, and their chromatin is coarser.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .optics import Camera, Outline, Pixels, Plane, fill, mottle, photograph

ABOUT_PLATES = """\
Nuclei of cells on ten plates of 96 wells, untreated and treated, as if stained
with Hoechst 33342. One pixel is 0.5 micrometres. Files are named by plate, well
and site. Nine of ten pictures of a class lie on five plates of their own.
  control  untreated
  treated  nuclei a little smaller, their chromatin a little coarser
Focus, light, crowding, stain and dirt differ from plate to plate, more than the
classes do: who knows the plate is mostly right about the class. The set shows
how a score flatters where plates are not kept together in cross-validation.
"""

PLATE_CLASSES = ("control", "treated")
WELL_FILE = r"plate\d+_[A-H]\d\d_s\d+\.png"
_PLATES_OF_CLASS = 5
_OWN_PART = 9  # of ten pictures of a class, so many lie on the plates that hold mostly this class
_ROWS_OF_CLASS, _COLUMNS = 4, 12  # of a plate of 96 wells
_SIZE_PX = 160


@dataclass(frozen=True)
class Well:
    """Where a picture was taken.

    Attributes:
        plate: "plate1" to "plate10".
        place: row and column of the well on its plate, "A01" to "H12".
        site: number of the picture within its well, from 1.
    """

    plate: str
    place: str
    site: int

    @property
    def stem(self) -> str:
        """The picture's name without an ending, such as "plate3_B05_s1"."""
        return f"{self.plate}_{self.place}_s{self.site}"


def well_of(category: str, number: int) -> Well:
    """Give the well of a picture.

    Of ten pictures of a class that follow each other nine lie on the plates that hold mostly this class, and one on
    those of the other. Controls fill a plate from its top, treated wells from its bottom.

    Args:
        category: one of `PLATE_CLASSES`.
        number: of the picture within its class, from 1.
    """
    own = PLATE_CLASSES.index(category)
    tens, unit = divmod(number - 1, 10)
    is_own = unit < _OWN_PART
    # Counted apart on both kinds of plate, so that each plate gets as many.
    count = tens * _OWN_PART + unit if is_own else tens * (10 - _OWN_PART) + unit - _OWN_PART
    on_plate, plate = divmod(count, _PLATES_OF_CLASS)
    site, step = divmod(on_plate, _ROWS_OF_CLASS * _COLUMNS)
    row, column = divmod(step, _COLUMNS)
    letter = "ABCD"[row] if category == "control" else "HGFE"[row]
    kind = own if is_own else 1 - own
    return Well(f"plate{kind + 1 + 2 * plate}", f"{letter}{column + 1:02}", site + 1)


def draw_well(category: str, rng: np.random.Generator, plate: np.random.Generator) -> Pixels:
    """Draw some nuclei: (160, 160) uint8, axes (y, x), 0 to 255; a pixel is 0.5 micrometres.

    Args:
        category: one of `PLATE_CLASSES`.
        rng: what differs from picture to picture comes from here.
        plate: what all pictures of a plate share; it must begin anew for each.
    """
    look = _choose_look(plate)
    effect = rng.uniform(0.3, 1.1) if category == "treated" else 0.0
    cloud = mottle(rng, _SIZE_PX, look.grain_px * (1 + 0.6 * effect))
    plane: Plane = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for nucleus in _choose_nuclei(look, 1 - 0.2 * effect, rng):
        inside = nucleus.distance(_SIZE_PX)
        brightness = rng.uniform(0.6, 1)
        texture = brightness * (1 + (look.contrast + 0.15 * effect) * cloud)
        plane = np.maximum(plane, fill(inside) * texture.astype(np.float32))
    plane += look.glare * np.maximum(mottle(plate, _SIZE_PX, look.glare_px), 0)
    return photograph(plane, look.camera(rng), rng)


@dataclass(frozen=True)
class Look:
    """What the pictures of one plate share; the units are those of `Camera`.

    Attributes:
        blur_px, haze, photons, background, falloff, falloff_rad: of its microscope and its day.
        radius_px: of its nuclei, on average.
        crowd: how many nuclei are sought a place for.
        grain_px, contrast: of the stain.
        glare, glare_px: brightness and width of the stray light that dirt throws, always at the
            same places.
    """

    blur_px: float
    haze: float
    photons: float
    background: float
    falloff: float
    falloff_rad: float
    radius_px: float
    crowd: int
    grain_px: float
    contrast: float
    glare: float
    glare_px: float

    def camera(self, rng: np.random.Generator) -> Camera:
        """Choose the camera of one picture, which differs a little from the next one's."""
        return Camera(blur_px=self.blur_px * rng.uniform(0.9, 1.1), haze=self.haze * rng.uniform(0.9, 1.1),
                      photons=self.photons * rng.uniform(0.8, 1.25),
                      background=self.background * rng.uniform(0.8, 1.25),
                      falloff=self.falloff, falloff_rad=self.falloff_rad + rng.normal(0, 0.1))


def _choose_look(plate: np.random.Generator) -> Look:
    return Look(blur_px=plate.uniform(0.6, 2.0), haze=plate.uniform(0.05, 0.4), photons=plate.uniform(30, 150),
                background=plate.uniform(0.05, 0.25), falloff=plate.uniform(0.3, 0.7),
                falloff_rad=plate.uniform(-np.pi, np.pi), radius_px=plate.uniform(14, 16),
                crowd=int(plate.integers(10, 40)), grain_px=plate.uniform(2.5, 3.5), contrast=plate.uniform(0.15, 0.25),
                glare=plate.uniform(0.1, 0.3), glare_px=plate.uniform(4, 16))


def _choose_nuclei(look: Look, growth: float, rng: np.random.Generator) -> list[Outline]:
    """Choose nuclei that hardly overlap; `growth` multiplies their radius."""
    nuclei: list[Outline] = []
    for _ in range(look.crowd):
        y_px, x_px = rng.uniform(0, _SIZE_PX, 2)
        one = Outline(y_px, x_px, growth * look.radius_px * rng.uniform(0.85, 1.15), squeeze=rng.uniform(0.7, 1),
                      turn_rad=rng.uniform(-np.pi, np.pi), wobble=tuple(rng.normal(0, (0.03, 0.02))))
        if all(_apart(one, other) for other in nuclei):
            nuclei.append(one)
    return nuclei


def _apart(one: Outline, other: Outline) -> bool:
    between = np.hypot(one.y_px - other.y_px, one.x_px - other.x_px)
    return bool(between > 0.85 * (one.radius_px + other.radius_px))
