"""How much of a disk saving pictures takes: known for copies, guessed from some of the pictures for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from .catalogue import find_network
from .errors import UnreadableImage
from .files import file_size
from .images import probe_image
from .readers import shared_readers
from .reading import Reading
from .refusal import MAX_PIXELS
from .save_plan import Form, SavePlan
from .space import check_space

_LOOKED_AT = 40  # pictures whose headers are read
_MARGIN = 1.05
_MARGIN_BYTES = 16 << 20
_PACKED = 3.1  # bytes of a pixel in three colours where nothing can be packed, as with a camera's noise
#: of a JPEG file's pixel, such noise too, up to a quality
_JPEG = ((75, 1.0), (95, 2.5), (100, 4.0))
_LEAST = 4  # times smaller, or less, files become than without packing: what needs more surely does not fit


@dataclass(frozen=True)
class Needed:
    """How many bytes a plan will write.

    Attributes:
        copied: of files that are copied.
        made: of pictures that are written anew, at most.
    """

    copied: int
    made: int

    @property
    def most(self) -> int:
        """That are written at most."""
        return self.copied + self.made

    def is_tight(self, free: int) -> bool:
        """Whether they may be more than these free ones."""
        return _with_margin(self.most) > free


def needed_bytes(plan: SavePlan, form: Form, reading: Reading = Reading(),
                 cancelled: Callable[[], bool] = lambda: False) -> Needed:
    """How many bytes a plan will write; files that cannot be read count nothing.

    Args:
        plan, form, reading: as for `saving.save_pictures`.
        cancelled: asked for each file and each header that is read; the answer is then about those before.

    Raises:
        WrongUse: there is no such network.
    """
    copied, made = 0, []
    for file in plan.files():
        if cancelled():
            break
        if file.copies:
            copied += _size(file.source)
        else:
            made.append(file.source)
    return Needed(copied, round(_mean_bytes(_spread(made), form.made, reading, cancelled) * len(made)))


def check_room(plan: SavePlan, needed: Needed, folder: str) -> None:
    """Refuse a plan that surely does not fit on the disk. Raises OutputError, which says what is needed."""
    count = sum(1 for _ in plan.files())
    check_space("Saving this one picture" if count == 1 else f"Saving these {count:,} pictures",
                _with_margin(needed.copied + needed.made // _LEAST), Path(folder))


def _with_margin(count: int) -> int:
    return round(_MARGIN * count) + _MARGIN_BYTES


def _mean_bytes(paths: Sequence[str], form: Form, reading: Reading, cancelled: Callable[[], bool]) -> float:
    """Of the files that these pictures become; of those before, once `cancelled`."""
    if not paths:
        return 0.0
    per_pixel = next(size for most, size in _JPEG if form.quality <= most) if form.format == "jpeg" else _PACKED
    if form.size == "network":
        return per_pixel * float(find_network(form.network).input_px ** 2)
    counts = [_pixel_count(path, form, reading) for path in takewhile(lambda _: not cancelled(), paths)]
    return per_pixel * sum(counts) / max(1, len(counts))


def _pixel_count(path: str, form: Form, reading: Reading) -> float:
    try:
        info = probe_image(path, reading, probe_stack=shared_readers().probe)
    except UnreadableImage:
        return 0.0
    if info.width * info.height > MAX_PIXELS:
        return 0.0  # it will be left out
    width = info.width * len(reading.parts())
    scale = form.longest_px / max(width, info.height) if form.size == "longest" else 1.0
    return width * info.height * float(min(1.0, scale) ** 2)


def _size(path: str) -> int:
    try:
        return file_size(path)
    except UnreadableImage:
        return 0


def _spread(paths: Sequence[str]) -> Sequence[str]:
    """Some of them, at most `_LOOKED_AT`, evenly spread."""
    return paths[::max(1, -(-len(paths) // _LOOKED_AT))]
