"""JSON files that describe a network: how one is read, what its values may be, and what is said of a wrong one.

Every WrongUse raised here is a clause without the file's name: the caller knows whose file it is. Standard library
only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .cards import ModelCard
from .errors import WrongUse
from .networks.imagenet import MEAN, STD

LARGEST_BYTES = 2**20
_SHOWN_LETTERS = 60
_USUAL = {"input_px": 224, "shorter_px": 256, "channel_order": "RGB", "mean": MEAN, "std": STD, "resample": "bilinear"}


@dataclass(frozen=True)
class Kind:
    """What a value may be: in words that follow "it must be", and as a test."""

    words: str
    fits: Callable[[Any], bool]


def text(longest: int = 300) -> Kind:
    """A line of at most so many letters; not empty."""
    return Kind(f"one line of text, at most {longest} letters", lambda value: isinstance(value, str) and (
        value.strip() != "" and value.isprintable() and len(value) <= longest))


def whole(lowest: int, highest: int) -> Kind:
    """A whole number, limits included."""
    return Kind(f"a whole number from {lowest} to {highest}", lambda value: isinstance(value, int) and (
        not isinstance(value, bool) and lowest <= value <= highest))


def number(lowest: float, highest: float) -> Kind:
    """Any number, limits included."""
    return Kind(f"a number from {lowest:g} to {highest:g}", lambda value: _is_number(value, lowest, highest))


def one_of(*choices: str) -> Kind:
    """One of these words."""
    return Kind(f"one of: {', '.join(choices)}", lambda value: isinstance(value, str) and value in choices)


def yes_or_no() -> Kind:
    """JSON's true or false."""
    return Kind("true or false", lambda value: isinstance(value, bool))


def _channels(lowest: float, example: list[float]) -> Kind:
    words = f"three numbers from {lowest:g} to 1, one a channel, for pixels from 0 to 1, such as {example}"
    return Kind(words, lambda value: isinstance(value, list) and len(value) == 3 and all(
        _is_number(one, lowest, 1) for one in value))


def _is_number(value: object, lowest: float, highest: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest


#: How a picture is prepared for the network; `preparation` turns it into fields of a card.
PREPARATION = {
    "input_px": whole(32, 2048), "shorter_px": whole(32, 4096),
    "mean": _channels(0, [0.485, 0.456, 0.406]), "std": _channels(0.001, [0.229, 0.224, 0.225]),
    "channel_order": one_of("RGB", "BGR"), "filter": one_of("bilinear", "bicubic", "lanczos"),
}


def read_json(path: str | os.PathLike[str]) -> object:
    """What a JSON file of at most `LARGEST_BYTES` holds. Raises WrongUse."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise WrongUse(f"it cannot be read ({getattr(error, 'strerror', error)})") from error
    if len(data) > LARGEST_BYTES:
        raise WrongUse("it is larger than 1 MB, which no description of a network is")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"it is no JSON ({error})") from error


def check(values: object, kinds: Mapping[str, Kind], required: Collection[str]) -> dict[str, Any]:
    """The values, once each has a known name and is of its kind, and none that is required is missing.

    Raises:
        WrongUse: names the key and what is allowed.
    """
    if not isinstance(values, dict):
        raise WrongUse("it must hold names with values between { and }")
    for name, value in values.items():
        if name not in kinds:
            near = get_close_matches(name, kinds, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise WrongUse(f'"{_short(name)}" is not a key{hint} (allowed: {", ".join(kinds)})')
        if not kinds[name].fits(value):
            raise WrongUse(f'"{name}" is {_short(json.dumps(value))}, but it must be {kinds[name].words}')
    for name in required:
        if name not in values:
            raise WrongUse(f'"{name}" is missing: {kinds[name].words}')
    return values


def preparation(told: Mapping[str, Any], like: ModelCard | None = None) -> dict[str, Any]:
    """The fields of a `ModelCard` that say how a picture is prepared, from values of the kinds in `PREPARATION`.

    Args:
        like: what is not told is as in this card; by default as is usual for networks trained on ImageNet. The shorter
            side keeps its ratio to the square's, and means keep their colours when the order of channels changes.

    Raises:
        WrongUse: the square does not fit into the resized picture.
    """
    usual: dict[str, Any] = {name: getattr(like, name, value) for name, value in _USUAL.items()}
    side, order = told.get("input_px", usual["input_px"]), told.get("channel_order", usual["channel_order"])
    shorter = told.get("shorter_px", side * usual["shorter_px"] // usual["input_px"])
    if shorter < side:
        raise WrongUse(f'"shorter_px" is {shorter}, but the square of {side} pixels is cut out of it: it must be '
                       f"{side} at least")
    turn = -1 if order != usual["channel_order"] else 1
    return {"input_px": side, "shorter_px": shorter, "channel_order": order,
            "resample": told.get("filter", usual["resample"]),
            **{name: _to_255(told[name]) if name in told else usual[name][::turn] for name in ("mean", "std")}}


def _to_255(values: list[float]) -> tuple[float, ...]:
    """From pixels 0–1 to pixels 0–255; rounded, so that 0.229 gives the very 58.395 of the other cards."""
    return tuple(round(255 * value, 9) for value in values)


def _short(shown: str) -> str:
    return shown if len(shown) <= _SHOWN_LETTERS else f"{shown[:_SHOWN_LETTERS]} …"
