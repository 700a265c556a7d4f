"""The pictures of many rows, made one by one when they are looked at: 50,000 at once would hold up the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .picture_area import PictureItem


class RowItems(Sequence[PictureItem]):
    """One picture a row.

    Args:
        paths: the file of each row, or what was given in place of one.
        reasons: why it cannot lead to a picture, or "".
        caption: of a row.
    """

    def __init__(self, paths: Sequence[str] = (), reasons: Sequence[str] = (),
                 caption: Callable[[int], str] = str) -> None:
        self.paths = paths
        self.reasons = reasons
        self._caption = caption

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> PictureItem:
        return PictureItem(self.paths[row], self._caption(row), self.reasons[row])
