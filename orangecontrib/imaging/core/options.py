"""What is taken from a network, and of which views of the picture: the choices that change a vector."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .cards import PENULTIMATE, Layer, ModelCard
from .errors import WrongUse

FITS = {"stretch": "Stretch to a square", "crop": "Center crop", "pad": "Pad to a square", "dense": "Dense, at scales"}
VIEWS = {"one": "One", "mirror": "And mirrored", "turns": "Eight turns and mirrors"}
SCALES = (256, 384, 512)
PRECISIONS = {"fp32": "Full (fp32)", "tf32": "TF32", "bf16": "bfloat16", "fp16": "Half (fp16)"}
_VIEW_COUNTS = {"one": 1, "mirror": 2, "turns": 8}
_SCALE_LIMITS_PX = (64, 2048)


@dataclass(frozen=True, eq=False)
class Options:
    """The choices besides network and reading; part of each vector's identity. Equal where the vectors are equal.

    Attributes:
        layers: averages of these layers lie side by side in the vector.
        fit: how a picture becomes the network's square. ``"stretch"``: the whole picture, its aspect ratio given up;
            ``"crop"``: the middle, as the network was tested by its authors; ``"pad"``: the whole picture, with a
            border of the mean color; ``"dense"``: no square: the network is applied at every place of the picture,
            at several scales (Simonyan and Zisserman 2014, arXiv:1409.1556, section 3.2 and appendix B).
        views: averaged over ``"one"`` view; over the picture and its mirror image (``"mirror"``); or over its eight
            turns and mirror images (``"turns"``), for pictures without up or down.
        scales: for ``"dense"``: lengths in pixels of the picture's shorter side; a smaller picture is enlarged.
        joined: vectors of the scales lie side by side (``"stack"``) or are averaged (``"average"``).
        unit_length: each layer's part is divided by its length (root of the sum of squares), then the whole vector.
        precision: of the arithmetic; other than ``"fp32"`` is faster on some devices, and less exact.
    """

    layers: tuple[str, ...] = (PENULTIMATE,)
    fit: str = "stretch"
    views: str = "one"
    scales: tuple[int, ...] = SCALES
    joined: str = "stack"
    unit_length: bool = False
    precision: str = "fp32"

    def __post_init__(self) -> None:
        """Raise WrongUse for what is not among the choices."""
        _check("fit", self.fit, FITS)
        _check("views", self.views, VIEWS)
        _check("joined", self.joined, ("stack", "average"))
        _check("precision", self.precision, PRECISIONS)
        if not _are_different(self.layers, str):
            raise WrongUse("Name at least one layer, and each only once.")
        low, high = _SCALE_LIMITS_PX
        if not _are_different(self.scales, int) or not all(low <= scale <= high for scale in self.scales):
            raise WrongUse(f"Scales are different lengths in pixels, from {low} to {high}, such as 256, 384 and 512.")
        if not isinstance(self.unit_length, bool):
            raise WrongUse(f"{self.unit_length!r} is not a choice for unit_length. Choose true or false.")

    def __eq__(self, other: object) -> bool:
        """Whether both give the same vectors."""
        return isinstance(other, Options) and self.record() == other.record()

    def __hash__(self) -> int:
        """The same for equal ones."""
        return hash(self.to_json())

    @property
    def passes(self) -> int:
        """How often the network runs for a picture: the cost in time, but for larger scales."""
        return _VIEW_COUNTS[self.views] * self._scale_count

    def dimension(self, card: ModelCard) -> int:
        """The length of a vector. Raises UnknownLayer; WrongUse where the network cannot be applied densely so."""
        layers = [card.layer(name) for name in self.layers]
        if self.fit == "dense":
            self._check_dense(card, layers)
        parts = sum(layer.dimension for layer in layers)
        return parts * (self._scale_count if self.joined == "stack" else 1)

    def to_json(self) -> str:
        """The options as JSON with sorted keys: equal ones give equal text."""
        return json.dumps(self.record(), sort_keys=True)

    def record(self) -> dict[str, object]:
        """What changes the vector, by name; scales, and how they are joined, only where they count."""
        record = asdict(self)
        if self.fit != "dense":
            del record["scales"]
        if self._scale_count == 1:  # stacked or averaged, one scale is itself
            del record["joined"]
        return record

    @classmethod
    def from_json(cls, text: str) -> Options:
        """The options that `to_json` wrote. Raises ValueError, TypeError or WrongUse for other text."""
        return cls.from_record(json.loads(text))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Options:
        """The options that `record` told; what it leaves out is as usual. Raises TypeError or WrongUse for others."""
        if not isinstance(record, Mapping):
            raise TypeError(f"options are names with values, not {record!r}")
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                                 for name, value in record.items()}
        return cls(**given)

    def _check_dense(self, card: ModelCard, layers: Sequence[Layer]) -> None:
        if not card.dense:
            raise WrongUse(f"{card.title} takes pictures of one size only: choose another fit than dense.")
        for layer in layers:
            if min(self.scales) < layer.smallest_px:
                raise WrongUse(f"The scale {min(self.scales)} is too small for the layer {layer.name} of {card.title}: "
                               f"choose scales of at least {layer.smallest_px} pixels, or an earlier layer.")

    @property
    def _scale_count(self) -> int:
        return len(self.scales) if self.fit == "dense" else 1


@dataclass(frozen=True)
class Preset:
    """Named options: a title for the menu, a sentence on when to choose it, and the options for a network."""

    title: str
    advice: str
    options: Callable[[ModelCard], Options]


PRESETS = {
    "paper": Preset("Paper", "Penultimate layer, one view: as in most publications.", lambda card: Options()),
    "microscopy": Preset("Microscopy", "Early and late layers side by side, averaged over eight turns and mirrors.",
                         lambda card: Options(layers=card.microscopy, views="turns")),
    "photographs": Preset("Photographs", "Penultimate layer, averaged with the mirrored picture.",
                          lambda card: Options(views="mirror")),
}


def find_preset(name: str, card: ModelCard) -> Options:
    """The options of a preset for a network. Raises WrongUse when there is none of this name."""
    _check("preset", name, PRESETS)
    return PRESETS[name].options(card)


def parse_scales(text: str) -> tuple[int, ...]:
    """Scales in pixels from what a user types, such as ``"256,384,512"``. Raises WrongUse."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUse(f"{text!r} is not a list of scales. Write scales as whole numbers with commas between them, "
                       f"such as {','.join(map(str, SCALES))}.") from error


def cost_text(options: Options) -> str:
    """How long these options take, beside one view: ``"8 × the time of one view"``."""
    times = f"{options.passes} × " if options.passes > 1 else ""
    return f"{times}the time of one view" + (", and more at larger scales" * (options.fit == "dense"))


def _are_different(values: object, kind: type) -> bool:
    """Whether these are some values of a kind, in a tuple, each only once."""
    return isinstance(values, tuple) and 0 < len(values) == len(set(values)) and all(
        isinstance(value, kind) for value in values)


def _check(what: str, given: str, allowed: object) -> None:
    if given not in allowed:  # type: ignore[operator]
        raise WrongUse(f"{given!r} is not a choice for {what}. Choose one of: "
                       f"{', '.join(allowed)}.")  # type: ignore[arg-type]
