"""A bar above pictures that are not where the table says, or lie in the web: find their folder, allow to fetch them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFileDialog, QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy

from ...core.addresses import host_of, is_web_address
from ...core.agreement import agree, agreed_hosts
from ...core.errors import OutputError, WrongUse
from ...core.moved import Place, find_place, missing_files
from ...core.unhurried import unhurried
from .lookup import Lookup

_SHOWN_HOSTS = 3


@dataclass(frozen=True)
class Found:
    """What was found out about the paths of a table.

    Attributes:
        missing: files that are not there.
        is_exact: whether all were looked at, not only some.
        hosts: those that the user did not allow yet, and the pictures at each.
        allowed: those that the user allowed in this workflow before.
    """

    missing: int = 0
    is_exact: bool = True
    hosts: tuple[tuple[str, int], ...] = ()
    allowed: frozenset[str] = frozenset()


class PlaceBar(QFrame):
    """Hidden while all is well. The disk is looked at in threads only; nobody is called."""

    #: the user showed where the pictures lie now (Place)
    placed = Signal(object)
    #: the user allowed to fetch pictures: the name that this is kept by (str), and the hosts (frozenset)
    agreed = Signal(str, object)
    #: hosts of these pictures that the user allowed before (frozenset)
    allowed = Signal(object)
    #: a chosen folder does not hold the pictures (str: the folder)
    not_found = Signal(str)

    def __init__(self) -> None:
        super().__init__(frameShape=QFrame.Shape.StyledPanel)
        self._own: Sequence[str] = ()
        self._agreement = ""
        self._found = Found()
        self._wanted: list[str] = []
        self._asked = 0
        self._lookup = Lookup(self)
        self._lookup.answered.connect(self._show)
        self._missing = QLabel(wordWrap=True)
        self._find = _button("Find the Folder…", self._choose_folder)
        self._web = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._fetch = _button("Fetch Them", self._agree)
        layout = QGridLayout(self)
        for row, (label, button) in enumerate(((self._missing, self._find), (self._web, self._fetch))):
            layout.addWidget(label, row, 0)
            layout.addWidget(button, row, 1)
        layout.setColumnStretch(0, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    @property
    def is_idle(self) -> bool:
        """Whether the last answer has come."""
        return self._lookup.is_idle

    def look_at(self, paths: Sequence[str], own: Sequence[str], agreement: str) -> None:
        """Find out, in a thread, where these pictures are; the bar shows itself when something is to be done.

        Args:
            paths: where they should be now.
            own: where their table says; a place that is chosen takes the place of one chosen before.
            agreement: the name that what the user allowed is kept by; "" for nothing.
        """
        self._own, self._agreement = own, agreement
        self._begin(partial(_found, paths, agreement))
        if not paths:
            self.hide()

    def _begin(self, job: Callable[[], object]) -> None:
        self._asked += 1
        self._lookup.ask(job)

    def _show(self, result: object) -> None:
        self._find.setEnabled(True)
        self._fetch.setEnabled(True)
        if isinstance(result, Place):
            self.placed.emit(result)
        elif isinstance(result, frozenset):
            self.agreed.emit(self._agreement, result)
        elif isinstance(result, OutputError):
            self._web.setText(str(result))
        elif isinstance(result, WrongUse):
            self._missing.setText(str(result))
        elif isinstance(result, str):
            self._show_found(self._found)
            self.not_found.emit(result)
        elif isinstance(result, Found):
            self._show_found(result)
            self.allowed.emit(result.allowed)

    def _show_found(self, found: Found) -> None:
        self._found = found
        self._wanted = [host for host, _ in found.hosts]
        self._missing.setText(_missing_text(found))
        count = sum(number for _, number in found.hosts)
        named = ", ".join(self._wanted[:_SHOWN_HOSTS]) + (", …" if len(self._wanted) > _SHOWN_HOSTS else "")
        pictures = "1 picture lies" if count == 1 else f"{count:,} pictures lie"
        self._web.setText(f"{pictures} in the web, at {named}. Nobody is called unless you allow it.")
        for shows, widgets in ((found.missing, (self._missing, self._find)), (count, (self._web, self._fetch))):
            for widget in widgets:
                widget.setVisible(bool(shows))
        self.setVisible(bool(found.missing or count))

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Find the Folder of the Pictures", os.path.expanduser("~"))
        if folder:
            asked = self._asked + 1
            self._begin(partial(_found_in, self._own, os.path.abspath(folder), lambda: self._asked != asked))
            self._missing.setText("Looking…")
            self._find.setEnabled(False)

    def _agree(self) -> None:
        self._agreement = self._agreement or uuid4().hex
        self._begin(partial(_agreed, self._agreement, self._wanted))
        self._fetch.setEnabled(False)


def _found(paths: Sequence[str], agreement: str) -> Found:
    counts = Counter(host for host in map(host_of, filter(is_web_address, unhurried(paths))) if host)
    allowed = agreed_hosts(agreement)
    wanted = tuple((host, count) for host, count in counts.most_common() if host not in allowed)
    return Found(*missing_files(paths), wanted, allowed & counts.keys())


def _missing_text(found: Found) -> str:
    if not found.is_exact:
        return "Many files are not where the table says."
    return (f"{found.missing:,} files are not where the table says." if found.missing > 1 else
            "A file is not where the table says.")


def _found_in(paths: Sequence[str], folder: str, cancelled: Callable[[], bool]) -> Place | WrongUse | str:
    try:
        return find_place(paths, folder, cancelled=cancelled) or folder
    except WrongUse as error:
        return error


def _agreed(agreement: str, hosts: Sequence[str]) -> frozenset[str] | OutputError:
    try:
        return agree(agreement, hosts)
    except OutputError as error:
        return error


def _button(text: str, action: Callable[[], None]) -> QPushButton:
    button = QPushButton(text, autoDefault=False)
    button.clicked.connect(lambda _: action())
    return button
