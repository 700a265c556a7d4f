"""Sample pictures, drawn and not taken: to try the workflows before one's own are at hand.

A picture depends on its set, class, number and seed alone: each has a random generator of its own,
so the first ten of a class are the same whether ten or a hundred are written. On another kind of
processor a last digit may be rounded otherwise and some pixels differ.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image

from ..errors import Cancelled, OutputError, WrongUse
from ..paths import escape_path
from ..placing import placed, writing
from .algae import (
    ABOUT_ANY_GROUND,
    ABOUT_OTHER_GROUND,
    ABOUT_OWN_GROUND,
    ALGA_CLASSES,
    draw_on_any_ground,
    draw_on_other_ground,
    draw_on_own_ground,
)
from .mislabeled import ABOUT_MISLABELED, MISLABELED_CLASSES, draw_mislabeled
from .nuclei import NUCLEUS_CLASSES, draw_nucleus
from .optics import Counts, Pixels
from .plates import ABOUT_PLATES, PLATE_CLASSES, WELL_FILE, Well, draw_well, well_of
from .staining import ABOUT_STAINED, STAIN_CLASSES, draw_stained
from .yeast import YEAST_CLASSES, draw_yeast, draw_yeast_of_any_class

__all__ = ["DRAWING_VERSION", "SAMPLE_SETS", "SampleSet", "write_samples"]

# To be raised when a change makes the same seed draw other pictures.
DRAWING_VERSION = 1

_README = """\
{title}

These pictures are synthetic: a program drew them, no microscope took them.
They show what such pictures look like and prove nothing about real cells.
No real data is included.

{about}
Every picture is then blurred (a Gaussian in place of the point spread
function, and haze from out of focus), lit unevenly and given photon noise
(Poisson). Place, size, turn, shape and brightness vary at random.
{depth} grey PNG.

Drawn by Orange3-Imaging: set {name}, drawing {version}, seed {seed}.
"""

_ABOUT_NUCLEI = """\
Nuclei of mouse oocytes, as if stained with Hoechst 33342 and seen in a
wide-field microscope. One pixel is 0.25 micrometres.
  SN   surrounded nucleolus: a bright ring of chromatin around it
  NSN  not surrounded: the chromatin is spread through the nucleus
Broken rings, and chromatin that leans on the nucleolus, make some of them
hard to tell.
"""

_ABOUT_YEAST = """\
Budding yeast in which one protein carries GFP, as if seen in a wide-field
microscope. One pixel is 0.08 micrometres. The class says where the protein is.
  cytoplasm  the cell is filled, its vacuoles stay dark
  ER         endoplasmic reticulum: a ring around the nucleus and a broken
             one under the surface of the cell
  nucleus    one bright blob
  vacuole    the membrane of one to three vacuoles, at times their inside too
"""

_ABOUT_NEW_YEAST = """\
Budding yeast as in the set yeast, drawn anew. Each picture shows one of the
classes of that set, by chance, and no name of a file or a folder says which:
for a model that has learned from the set yeast to tell.
"""


@dataclass(frozen=True)
class SampleSet:
    """One set of drawn pictures, in classes of equal size.

    Attributes:
        name: for programs; also the name of the set's folder.
        title: for people.
        classes: also the names of its sub-folders; ``""`` alone for a set that has none, with pictures beside each
            other.
        per_class: how many pictures of each class are written where no number is given.
        about: what is drawn, as plain text for the folder's README.txt.
        drawer: draws one picture of a class from a random generator; of a set with wells from a
            second one, too, which is the same for all pictures of a plate.
        well: the well of a picture, by its class and number; None where pictures lie on no plates.
        depth: "8-bit" or "16-bit", as it is written.
        is_lesson: made to show one thing in a lesson, not for what can be told apart.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    per_class: int
    about: str
    drawer: Callable[..., Pixels | Counts]
    well: Callable[[str, int], Well] | None = None
    depth: str = "8-bit"
    is_lesson: bool = False

    def stem(self, category: str, number: int) -> str:
        """Give the name of a picture's file without its ending; arguments as of `draw`."""
        return self.well(category, number).stem if self.well else f"{category or 'picture'}_{number:03}"

    def form(self, category: str) -> str:
        """Give the regular expression of the names of a class's files."""
        return WELL_FILE if self.well else rf"{re.escape(category or 'picture')}_\d+\.png"

    def draw(self, category: str, number: int, seed: int = 0) -> Pixels | Counts:
        """Draw one picture: (size, size), axes (y, x); uint8, 0 to 255, or uint16, counts of a camera.

        Args:
            category: one of ``classes``.
            number: of the picture within its class, from 1.
            seed: 0 or more.
        """
        rng = self._rng(seed, crc32(category.encode()), number)
        if self.well is None:
            return self.drawer(category, rng)
        return self.drawer(category, rng, self._rng(seed, crc32(self.well(category, number).plate.encode())))

    def _rng(self, seed: int, *key: int) -> np.random.Generator:
        return np.random.default_rng([seed, crc32(self.name.encode()), *key])

    def readme(self, seed: int) -> str:
        """Give the text of the set's README.txt, by which a set already written is recognized."""
        return _README.format(title=self.title, about=self.about, depth=self.depth,
                              name=self.name, version=DRAWING_VERSION, seed=seed)


SAMPLE_SETS: dict[str, SampleSet] = {one.name: one for one in (
    SampleSet("nuclei", "Oocyte nuclei, synthetic", NUCLEUS_CLASSES, 100,
              _ABOUT_NUCLEI, draw_nucleus),
    SampleSet("yeast", "Yeast cells with a GFP signal, synthetic", YEAST_CLASSES, 60,
              _ABOUT_YEAST, draw_yeast),
    SampleSet("plates", "Cells on ten plates, synthetic", PLATE_CLASSES, 100,
              ABOUT_PLATES, draw_well, well_of),
    SampleSet("yeast-new", "New yeast cells, without classes, synthetic", ("",), 40,
              _ABOUT_NEW_YEAST, draw_yeast_of_any_class),
    SampleSet("mislabeled", "Yeast cells, some in the wrong folder, synthetic", MISLABELED_CLASSES, 50,
              ABOUT_MISLABELED, draw_mislabeled, is_lesson=True),
    SampleSet("backgrounds", "Algae, each kind on its own background, synthetic", ALGA_CLASSES, 40,
              ABOUT_OWN_GROUND, draw_on_own_ground, is_lesson=True),
    SampleSet("backgrounds-exchanged", "Algae, backgrounds exchanged, synthetic", ALGA_CLASSES, 40,
              ABOUT_OTHER_GROUND, draw_on_other_ground, is_lesson=True),
    SampleSet("backgrounds-mixed", "Algae, backgrounds mixed, synthetic", ALGA_CLASSES, 40,
              ABOUT_ANY_GROUND, draw_on_any_ground, is_lesson=True),
    SampleSet("stained", "Weakly and strongly stained nuclei, 16 bits, synthetic", STAIN_CLASSES, 40,
              ABOUT_STAINED, draw_stained, depth="16-bit", is_lesson=True),
)}


def write_samples(folder: str | os.PathLike[str], sets: Iterable[str] | None = None,
                  per_class: int | None = None, seed: int = 0, *,
                  on_progress: Callable[[int, int], None] | None = None,
                  cancelled: Callable[[], bool] | None = None) -> list[Path]:
    """Write sample pictures as FOLDER/<set>/<class>/<class>_001.png …; give their paths in that order.

    Those that lie on plates are named by them: plate3_B05_s1.png. Those of a set without classes are
    FOLDER/<set>/picture_001.png ….

    Each picture appears whole or not at all, and one that is there already is kept: a second call
    completes what a first one left. Each set also gets a README.txt that says what it is.

    Args:
        folder: made where it is missing.
        sets: names from `SAMPLE_SETS`; None for all.
        per_class: pictures of each class, 1 or more; None for each set's own number.
        seed: 0 or more; the same seed gives the same pictures.
        on_progress: called with (pictures done, pictures in all).
        cancelled: asked before each picture; once it says True, the call stops.

    Raises:
        WrongUse: no set of such a name, a number below 1 or a seed below 0.
        OutputError: the folder cannot be written, or holds something else in a set's place.
        Cancelled: ``cancelled`` said so; what is written stays.
    """
    chosen = _choose_sets(sets, per_class, seed)
    root = Path(folder)
    pictures = [(one, category, number) for one in chosen for category in one.classes
                for number in range(1, (per_class or one.per_class) + 1)]
    _claim({root / one.name / "README.txt": one.readme(seed).encode() for one in chosen})
    paths: list[Path] = []
    for one, category, number in pictures:
        if cancelled is not None and cancelled():
            raise Cancelled(f"Stopped after {len(paths)} of {len(pictures)} sample pictures.")
        path = root / one.name / category / f"{one.stem(category, number)}.png"
        if not path.exists():
            _write(path, _png(one.draw(category, number, seed)))
        paths.append(path)
        if on_progress is not None:
            on_progress(len(paths), len(pictures))
    return paths


def _choose_sets(names: Iterable[str] | None, per_class: int | None, seed: int) -> list[SampleSet]:
    wanted = list(dict.fromkeys(SAMPLE_SETS if names is None else names))
    for name in wanted:
        if name not in SAMPLE_SETS:
            raise WrongUse(f"There is no sample set {name!r}. There are: {', '.join(SAMPLE_SETS)}.")
    if per_class is not None and per_class < 1:
        raise WrongUse(f"{per_class} sample pictures of each class cannot be drawn. "
                       "Ask for 1 or more.")
    if seed < 0:
        raise WrongUse(f"{seed} cannot be the seed of the sample pictures. "
                       "Give a whole number from 0 up.")
    return [SAMPLE_SETS[name] for name in wanted]


def _claim(readmes: dict[Path, bytes]) -> None:
    """Write each set's README.txt, unless a folder holds something else: real and drawn never mix."""
    for path, content in readmes.items():
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Listed first: what another program draws here meanwhile begins with the README.txt.
            others = sorted(one for one in os.listdir(path.parent) if not one.startswith("."))
            found = path.read_bytes() if path.exists() else None
        if others and found != content:
            what = "other samples" if found is not None else escape_path(others[0])
            raise OutputError(f"{escape_path(str(path.parent))} already holds {what}; nothing was "
                              "changed. Choose another folder, or delete this one first.")
    for path, content in readmes.items():
        if not path.exists():
            _write(path, content)


def _png(pixels: Pixels | Counts) -> bytes:
    """Encode pixels, (height, width) uint8 or uint16 grey, as a PNG file."""
    buffer = BytesIO()
    # Noise hardly shrinks: Pillow's own level takes three times as long to save a few per cent.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    with writing(path.parent):
        path.parent.mkdir(exist_ok=True)
    with placed(path) as beside:
        beside.write_bytes(content)
