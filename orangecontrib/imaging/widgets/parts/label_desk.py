"""Labeling by hand: the labels, what was done to them, and what the palette says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal
from numpy.typing import NDArray

from ...core.errors import WrongUse
from ...core.hand_labels import Label, LabelBook
from ...core.known_pictures import Shown
from ...core.label_history import LabelHistory, Step, changed_elsewhere
from ...core.saved_labels import from_plain, to_plain
from .label_palette import LabelPalette
from .label_texts import are_offered, asks_to_remove, changed_too, folder_text, pictures_text
from .lookup import Lookup

Rows = NDArray[np.int64]


class LabelDesk(QObject):
    """Labels for the pictures of one table at a time; those of other tables are kept.

    Args:
        palette: shows all.
        selected: gives the rows (int64) that are to be labeled.
        plain: what `plain` gave before.

    Raises:
        WrongUse: `plain` is of a later version.
    """

    #: rows have other labels, or labels have other names or colors; where there are labels, also when other pictures
    #: have been looked up
    changed = Signal()

    def __init__(self, palette: LabelPalette, selected: Callable[[], Rows], plain: object = None) -> None:
        book, known = from_plain(plain)
        super().__init__(palette)
        self._palette, self._selected, self._known = palette, selected, known
        self._history = LabelHistory(book)
        self._shown = Shown()
        self._numbers = np.zeros(0, np.uint8)
        self._asked = 0  # the label that is to be removed if the user says so
        self._looking = Lookup(self)
        self._looking.answered.connect(self._on_shown)
        palette.put.connect(self.put)
        palette.added.connect(self._add)
        palette.renamed.connect(self._rename)
        palette.recolored.connect(self._recolor)
        palette.removed.connect(self._remove)
        palette.undo.connect(self.undo)
        palette.redo.connect(self.redo)
        palette.question.answered.connect(self._on_answer)
        palette.notice.answered.connect(self._on_notice)
        self._show()

    @property
    def book(self) -> LabelBook:
        """The labels, and which pictures have which."""
        return self._history.book

    @property
    def labels(self) -> tuple[Label, ...]:
        """By number."""
        return self._history.book.labels

    @property
    def numbers(self) -> NDArray[np.uint8]:
        """(n,) uint8, the label's number of each row; 0 for none. Of length 0 until the rows were looked up."""
        return self._numbers

    def label_of(self, row: int) -> Label | None:
        """The label of a row, if it has one."""
        return self._history.book.find(int(self._numbers[row])) if row < len(self._numbers) else None

    @property
    def is_idle(self) -> bool:
        """Whether the rows were looked up."""
        return self._looking.is_idle

    @property
    def matters(self) -> bool:
        """Whether there is any label, so that rows are worth waiting for."""
        return bool(self.labels)

    def plain(self) -> dict[str, object]:
        """All that is to be kept, as literals."""
        return to_plain(self._history.book, self._known)

    def look_at(self, folder: str, values: Sequence[object]) -> None:
        """Turn to the rows of another table, in a thread; `changed` tells when they are known.

        Args:
            folder: that the values start from; "" for none.
            values: of the image column; none for no table.
        """
        self._shown = Shown()
        for bar in (self._palette.question, self._palette.notice):
            bar.clear()
        self._palette.say("")
        self._show()
        self._looking.ask(partial(self._known.look_at, folder, values, self._history.book))

    def _on_shown(self, shown: Shown) -> None:
        self._shown = shown
        self._known = self._known.with_shown(shown)
        self._palette.notice.clear()
        if shown.offer is not None:
            use = "Use It" if len(shown.offer.theirs) == 1 else "Use Them"
            self._palette.notice.ask(are_offered(shown.offer), {"use": use, "afresh": "Start Afresh"})
        self._show()
        if self.matters:
            self.changed.emit()

    def put(self, number: int, rows: Rows | None = None) -> None:
        """Put a label on rows, or on those that are selected; 0 takes their labels away."""
        rows = np.asarray(self._selected() if rows is None else rows, np.int64)
        pictures = self._shown.pictures[rows[rows < len(self._shown.pictures)]]
        if not len(pictures):
            self._palette.say("Select the pictures that you want to label." if len(self._shown.pictures) else "")
            return
        book, count = self._history.book, _count(pictures)
        label = book.find(number)
        what = f"labeled “{label.name}”" if label else "without a label"
        missing = int(np.count_nonzero(pictures < 0))
        self._try(lambda: book.put(self._shown.folder, pictures, number), f"{pictures_text(count)} {what}", (
            f"{missing:,} of the selected rows {'names' if missing == 1 else 'name'} no picture and cannot be labeled."
            if missing else ""))

    def undo(self) -> None:
        """Take the last step back, and say so."""
        self._went(self._history.undo(), "Undone")

    def redo(self) -> None:
        """Do again what was undone last, and say so."""
        self._went(self._history.redo(), "Done again")

    def _went(self, step: Step | None, verb: str) -> None:
        if step is None:
            return
        count = changed_elsewhere(step, self._shown.folder, self._shown.pictures)
        self._after(f"{verb}: {step.text}.{changed_too(count) if count else ''}")

    def _add(self) -> None:
        if self._try(self._history.book.add, "a label added"):
            self._palette.edit(next(label.number for label in self.labels
                                    if self._history.next_undo.before.find(label.number) is None))

    def _rename(self, number: int, name: str) -> None:
        before = self._history.book.find(number).name
        self._try(lambda: self._history.book.rename(number, name), f"label “{before}” renamed to “{name.strip()}”")

    def _recolor(self, number: int, color: str) -> None:
        name = self._history.book.find(number).name
        self._try(lambda: self._history.book.recolor(number, color), f"another color for “{name}”")

    def _remove(self, number: int) -> None:
        """Remove a label; ask first where this changes pictures that nobody sees."""
        label = self._history.book.find(number)
        elsewhere = self._history.book.total(number) - _count(self._shown.pictures[self._numbers == number])
        if not elsewhere:
            self._try(lambda: self._history.book.remove(number), f"label “{label.name}” removed")
            return
        self._palette.say("")
        self._asked = number
        self._palette.question.ask(asks_to_remove(label.name, elsewhere), {"keep": "Keep", "remove": "Remove It"})

    def _on_answer(self, answer: str) -> None:
        self._palette.question.clear()
        label = self._history.book.find(self._asked)
        if answer == "remove" and label is not None:
            self._try(lambda: self._history.book.remove(label.number), f"label “{label.name}” removed")

    def _on_notice(self, answer: str) -> None:
        self._palette.notice.clear()
        offer, folder = self._shown.offer, self._shown.folder
        if answer == "use":
            self._try(lambda: self._history.book.take_over(offer.folder, offer.theirs, folder, offer.pictures),
                      f"labels from {folder_text(offer.folder)} used")
        else:
            self._known = self._known.set_apart(folder)

    def _try(self, change: Callable[[], LabelBook], text: str, besides: str = "") -> bool:
        """Take a step, or say why it cannot be."""
        try:
            is_new = self._history.do(change(), text)
        except WrongUse as error:
            self._after(str(error), is_new=False)
            return False
        said = f"{text[0].upper()}{text[1:]}." if is_new else ""
        self._after(f"{said} {besides}".strip(), is_new=is_new)
        return is_new

    def _after(self, said: str, *, is_new: bool = True) -> None:
        self._palette.question.clear()
        self._show()
        self._palette.say(said)
        if is_new:
            self.changed.emit()

    def _show(self) -> None:
        """The palette shows what holds now."""
        book = self._history.book
        self._numbers = book.numbers(self._shown.folder, self._shown.pictures)
        counts = np.bincount(self._numbers, minlength=256)
        self._palette.show_labels(book.labels, {label.number: int(counts[label.number]) for label in book.labels},
                                  len(self._numbers))
        steps = self._history.next_undo, self._history.next_redo
        self._palette.show_steps(*(step.text if step else "" for step in steps))


def _count(pictures: NDArray[np.int32]) -> int:
    """How many different ones; -1 is none. Numbers count from 0, so that this is quicker than to sort them."""
    return int(np.count_nonzero(np.bincount(pictures[pictures >= 0])))
