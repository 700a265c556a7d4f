"""What widgets share that show pictures: they say how many of them could not be read."""

from __future__ import annotations

from collections.abc import Set

from Orange.widgets.utils.localization import pl
from Orange.widgets.widget import Msg


class Unread:
    """For a widget with `thumbnails`; its message is among the bases of the widget's."""

    class Warning:
        unreadable = Msg("{} could not be read. Point at a gray field to see why.")

    _paths: Set[str] = frozenset()
    _refused = 0

    def count_failures_of(self, paths: Set[str] = frozenset(), refused: int = 0) -> None:
        """Other pictures are shown.

        Args:
            paths: of the files that thumbnails are made of.
            refused: how many rows there are whose path leads to no picture.
        """
        self._paths, self._refused = paths, refused
        self.show_failures()

    def show_failures(self) -> None:
        """Say how many could not be read by now."""
        count = self._refused + sum(path in self._paths for path in self.thumbnails.failures())
        self.Warning.unreadable(f"{count:,} {pl(count, 'picture')}", shown=count > 0)
