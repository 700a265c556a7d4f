"""How much of a disk saving pictures takes: known for copies, guessed from some of the pictures for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .catalogue import find_network
from .errors import UnreadableImage
from .files import file_size
from .images import probe_image
from .readers import shared_readers
from .reading import Reading
from .save_plan import Form, SavePlan
from .space import check_space

_LOOKED_AT = 40  # pictures whose headers are read
_MARGIN = 1.05
_MARGIN_BYTES = 16 << 20
_PACKED = 3.1  # bytes of a pixel in three colours where nothing can be packed, as with a camera's noise
#: of a JPEG file's pixel, such noise too, up to a quality
_JPEG = ((75, 1.0), (95, 2.5), (100, 4.0))


def needed_bytes(plan: SavePlan, form: Form, reading: Reading = Reading(),
                 cancelled: Callable[[], bool] = lambda: False) -> int:
    """How many bytes a plan will write, at most; files that cannot be read count nothing.

    Args:
        plan, form, reading: as for `saving.save_pictures`.
        cancelled: asked for each file; the answer is then about those before.

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
    return copied + round(_mean_bytes(_spread(made), form, reading) * len(made))


def check_room(plan: SavePlan, needed: int, folder: str) -> None:
    """Refuse a plan that does not fit on the disk, with a margin. Raises OutputError, which says what is needed."""
    count = sum(1 for _ in plan.files())
    check_space("Saving this one picture" if count == 1 else f"Saving these {count:,} pictures",
                round(_MARGIN * needed) + _MARGIN_BYTES, Path(folder))


def _mean_bytes(paths: Sequence[str], form: Form, reading: Reading) -> float:
    """Of the files that these pictures become."""
    if not paths:
        return 0.0
    per_pixel = next(size for most, size in _JPEG if form.quality <= most) if form.format == "jpeg" else _PACKED
    if form.size == "network" and form.format != "original":
        return per_pixel * float(find_network(form.network).input_px ** 2)
    return per_pixel * sum(_pixel_count(path, form, reading) for path in paths) / len(paths)


def _pixel_count(path: str, form: Form, reading: Reading) -> float:
    try:
        info = probe_image(path, reading, probe_stack=shared_readers().probe)
    except UnreadableImage:
        return 0.0
    width = info.width * len(reading.parts())
    scale = form.longest_px / max(width, info.height) if form.size == "longest" and form.format != "original" else 1.0
    return width * info.height * float(min(1.0, scale) ** 2)


def _size(path: str) -> int:
    try:
        return file_size(path)
    except UnreadableImage:
        return 0


def _spread(paths: Sequence[str]) -> Sequence[str]:
    """Some of them, evenly spread."""
    return paths[::max(1, len(paths) // _LOOKED_AT)]
