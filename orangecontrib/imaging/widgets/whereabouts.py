"""What widgets with an image column share: pictures that moved, and pictures in the web."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from AnyQt.QtWidgets import QLayout
from Orange.data import StringVariable, Table
from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg

from ..core.errors import WrongUse
from ..core.moved import Place
from ..core.paths import escape_path, unescape_path
from ..core.reading import Reading
from ..core.unhurried import unhurried
from ..tables.columns import image_paths, image_reading, why_no_file
from ..tables.places import place_key, with_place
from .parts.lookup import Lookup
from .parts.place_bar import PlaceBar


@dataclass(frozen=True)
class Located:
    """Where the pictures of a table are.

    Attributes:
        table: with a column that says where its pictures are now.
        column: that column; of the same name as the one that was asked for.
        paths: one a row, as `columns.image_paths`.
        own: where the table that was given says that they are.
        reasons: one a row: why its path leads to no picture, as a clause; else "".
        key: what a place of these pictures is remembered by.
    """

    table: Table
    column: StringVariable
    paths: list[str]
    own: list[str]
    reasons: list[str]
    key: str


class Whereabouts:
    """For a widget: a bar that finds pictures again and asks before any is fetched, and the settings for both.

    Its messages are among the bases of the widget's.
    """

    class Error:
        wrong_reading = Msg("{}")

    class Warning:
        not_in_folder = Msg("{}: the pictures of this table are not in this folder. Choose another one.")

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
        self._locating = Lookup(self)
        self._locating.answered.connect(self._on_located)
        self.places = _usable(self.places)
        self.agreement = self.agreement if isinstance(self.agreement, str) else ""
        self.bar.placed.connect(self._on_placed)
        self.bar.agreed.connect(self._on_agreed)
        self.bar.allowed.connect(self._on_allowed)
        self.bar.not_found.connect(self._on_not_found)
        layout.addWidget(self.bar)

    def reading_of(self, column: StringVariable | None) -> Reading | None:
        """How a column's files become pictures; None, and an error, where it does not say so rightly."""
        self.Error.wrong_reading.clear()
        try:
            return image_reading(column) if column is not None else Reading()
        except WrongUse as error:
            self.Error.wrong_reading(str(error))
            return None

    def locate_later(self, table: Table, column: StringVariable, then: Callable[[Any], None],
                     further: Callable[[Located], object] | None = None) -> None:
        """Find out in a thread where the pictures of a table are now; the bar asks for what is to be done.

        `then` hears of it, unless something else is to be located by then.

        `reading_of` must have found nothing wrong with the column.

        Args:
            table: of any rows.
            column: one of its metas.
            then: called with `Located`, or with what `further` returned.
            further: what else is found out in the same thread.
        """
        self.Warning.not_in_folder.clear()
        if not (self.bar.isHidden() and self.bar.is_idle):
            self.bar.look_at((), (), "")  # what is looked for now is of other pictures
        self._then = then
        self.setInvalidated(True)
        self._locating.ask(partial(_locate, table, column, dict(self.places), self.hosts, further))

    def look_later(self, question: Callable[[], object], then: Callable[[Any], None]) -> None:
        """There are no pictures; find something else out in a thread, in place of `locate_later`, and tell `then`."""
        self.locate_nothing()
        self._then = then
        self.setInvalidated(True)
        self._locating.ask(lambda: (None, question()))

    @property
    def is_locating(self) -> bool:
        """Whether `locate_later` has not told yet."""
        return not self._locating.is_idle

    def _on_located(self, answer: tuple[Located | None, object]) -> None:
        self.setInvalidated(False)  # what is called now may say otherwise: that more is awaited
        located, found = answer
        self._place_key = located.key if located is not None else ""
        self._then(found)
        if located is not None and not self.is_locating:
            self.bar.look_at(located.paths, located.own, self.agreement)

    def locate_nothing(self) -> None:
        """There are no pictures: the bar and its warning go."""
        self.Warning.not_in_folder.clear()
        if self.is_locating:
            self._locating.forget()
            self.setInvalidated(False)
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


def locate_pictures(table: Table, column: StringVariable, places: Mapping[str, list[str]],
                    hosts: Collection[str]) -> Located:
    """Find out where the pictures of a table are; looks at no file.

    Args:
        table: of any rows.
        column: one of its metas.
        places: by `place_key`, as the setting of `Whereabouts`.
        hosts: that pictures may be fetched from.
    """
    own = paths = image_paths(table, column)
    key = place_key(column, own)
    if key in places:
        table, paths = with_place(table, column, own, Place(*map(unescape_path, places[key])))
    reasons = [why_no_file(path, hosts) or "" for path in unhurried(paths)]
    return Located(table, table.domain[column.name], paths, own, reasons, key)


def _locate(table: Table, column: StringVariable, places: Mapping[str, list[str]], hosts: Collection[str],
            further: Callable[[Located], object] | None) -> tuple[Located, object]:
    located = locate_pictures(table, column, places, hosts)
    return located, further(located) if further is not None else located


def _usable(places: object) -> dict[str, list[str]]:
    """What a saved setting says rightly."""
    entries = places.items() if isinstance(places, dict) else ()
    return {key: pair for key, pair in entries
            if isinstance(pair, list) and [type(one) for one in pair] == [str, str]}
