"""What widgets with an image column share: pictures that moved, and pictures in the web."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtWidgets import QLayout
from Orange.data import StringVariable, Table
from Orange.widgets.settings import Setting

from ..core.moved import Place
from ..core.paths import escape_path, unescape_path
from ..tables.columns import image_paths
from ..tables.places import place_key, with_place
from .parts.place_bar import PlaceBar


class Whereabouts:
    """For a widget: a bar that finds pictures again and asks before any is fetched, and the settings for both."""

    #: by `place_key`: what paths begin with, and the folder that takes its place
    places: dict[str, list[str]] = Setting({}, schema_only=True)
    #: the name that what the user agreed to is kept by on this computer; "" before
    agreement: str = Setting("", schema_only=True)
    #: those that pictures may be fetched from, as far as it is known
    hosts: frozenset[str] = frozenset()

    def add_place_bar(self, layout: QLayout, on_change: Callable[[], None]) -> None:
        """Put the bar into a layout; `on_change` is called when pictures are elsewhere, or may be fetched now."""
        self.bar = PlaceBar()
        self._on_whereabouts = on_change
        self._place_key = ""
        self.places = _usable(self.places)
        self.agreement = self.agreement if isinstance(self.agreement, str) else ""
        self.bar.placed.connect(self._on_placed)
        self.bar.agreed.connect(self._on_agreed)
        self.bar.allowed.connect(self._on_allowed)
        self.bar.not_found.connect(self._on_not_found)
        layout.addWidget(self.bar)

    def locate(self, table: Table, column: StringVariable) -> tuple[Table, list[str]]:
        """The table with a column that says where its pictures are now, and their paths; the bar does the rest.

        Raises:
            WrongUse: the column does not say rightly how its pictures are read.
        """
        self.Warning.not_in_folder.clear()
        own = paths = image_paths(table, column)
        self._place_key = place_key(column, own)
        if self._place_key in self.places:
            place = Place(*map(unescape_path, self.places[self._place_key]))
            table, paths = with_place(table, column, own, place)
        self.bar.look_at(paths, own, self.agreement)
        return table, paths

    def locate_nothing(self) -> None:
        """There are no pictures: the bar and its warning go."""
        self.Warning.not_in_folder.clear()
        self.bar.look_at((), (), "")

    def _on_placed(self, place: Place) -> None:
        self.places = {**self.places, self._place_key: [escape_path(place.before), escape_path(place.folder)]}
        self._on_whereabouts()

    def _on_agreed(self, agreement: str, hosts: frozenset[str]) -> None:
        self.agreement, self.hosts = agreement, hosts
        self._on_whereabouts()

    def _on_allowed(self, hosts: frozenset[str]) -> None:
        if not hosts <= self.hosts:
            self.hosts |= hosts
            self._on_whereabouts()

    def _on_not_found(self, folder: str) -> None:
        self.Warning.not_in_folder(escape_path(folder))


def _usable(places: object) -> dict[str, list[str]]:
    """What a saved setting says rightly."""
    entries = places.items() if isinstance(places, dict) else ()
    return {key: pair for key, pair in entries
            if isinstance(pair, list) and [type(one) for one in pair] == [str, str]}
