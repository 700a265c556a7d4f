"""One range of contrast for all pictures of a folder, so that bright and dark ones stay bright and dark."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .errors import Cancelled, UnreadableImage, WrongUse
from .files import JOINT
from .paths import escape_path
from .reading import Range, Reading
from .rendering import Sample

_PICTURES = 500  # that are looked at, evenly spread over the folder
_NUMBERS = 4096  # of each picture and channel
_TakeSample = Callable[[str, Reading, int], Sample]


def with_folder_range(paths: Sequence[str], reading: Reading, sample: _TakeSample, *,
                      on_progress: Callable[[int, int], None] | None = None,
                      cancelled: Callable[[], bool] | None = None) -> Reading:
    """The recipe with one range a channel, between its percentiles of all pictures together.

    Of more than 500 pictures, 500 are looked at; of each, some 4,096 numbers a channel. A channel that is the same
    number everywhere gets the range of that number and the next. The channels are then named in the recipe.

    Args:
        paths: the pictures; those that cannot be read do not count.
        sample: `images.sample_image`, or the same in a child process.
        on_progress, cancelled: as for `folders.scan_folder`.

    Raises:
        WrongUse: no picture has a finite number, or they differ in their channels or in the kind of their numbers.
        Cancelled: `cancelled` returned True.
    """
    whole = replace(reading, contrast="auto", ranges=())
    chosen = [paths[at] for at in np.unique(np.linspace(0, len(paths) - 1, min(len(paths), _PICTURES)).astype(int))]
    samples: dict[str, Sample] = {}
    for done, path in enumerate(chosen, 1):
        if cancelled and cancelled():
            raise Cancelled("The import was cancelled.")
        try:
            samples[path] = sample(path, whole, _NUMBERS)
        except UnreadableImage:
            continue
        finally:
            if on_progress:
                on_progress(done, len(chosen))
    _check_kinds(samples)
    ranges = _ranges([one.numbers for one in samples.values()], reading.percentiles)
    channels = reading.channels or (tuple(range(len(ranges))) if len(ranges) > 1 else ())
    return replace(reading, contrast="range", ranges=ranges, channels=channels)


def _check_kinds(samples: Mapping[str, Sample]) -> None:
    """Numbers of different kinds have no range in common: 255 is white among 8 bits, and black among 16."""
    examples = {one.kind: path for path, one in samples.items()}
    if len(examples) > 1:
        (kind, path), (other_kind, other), *_ = examples.items()
        raise WrongUse(f"One range for the whole folder needs numbers of one kind, but {_name(path)} has {kind} and "
                       f"{_name(other)} has {other_kind}. Choose another contrast, or import them from folders of "
                       "their own.")


def _name(path: str) -> str:
    return escape_path(os.path.basename(path.split(JOINT)[0]))


def _ranges(samples: Sequence[NDArray[np.float32]], percentiles: Range) -> tuple[Range, ...]:
    if len({len(one) for one in samples}) != 1:
        raise WrongUse("One range for the whole folder needs pictures that can be read and have the same number of "
                       "channels. Choose another contrast, or import them from folders of their own.")
    return tuple(_range(np.concatenate([one[row] for one in samples]), percentiles) for row in range(len(samples[0])))


def _range(numbers: NDArray[np.float32], percentiles: Range) -> Range:
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        raise WrongUse("The pictures of this folder have no finite number. Choose another contrast.")
    low, high = (float(one) for one in np.percentile(finite, percentiles, method="inverted_cdf"))
    if low == high:
        low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low, low + 1)
