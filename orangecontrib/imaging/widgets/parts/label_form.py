"""Where labels come from: sub-folders, or the parts of names, with a live preview of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ...core.errors import WrongUse
from ...core.name_patterns import CHANNEL, FOLDER, READY_PATTERNS, NamePattern, parse_pattern
from .text_label import plain_tip, text_label

LOOKED_AT = 30  # names; they are taken apart at each key, in the window's thread
_SHOWN = 4
_EXAMPLE_PX = 180
_HINT = "Name the parts in braces, such as {plate}_{well}_s{site}_w{channel}; * stands for what is not needed."
_Taken = Mapping[str, dict[str, str] | None]  # names, and their parts where they fit


class LabelForm(QWidget):
    """Shows the choices and what they give for the first names."""

    #: the user changed where the class comes from (str), the pattern (str), or joining by channel (bool)
    changed = Signal(str, str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._ready = ""
        self._class = QComboBox(accessibleName="Class")
        self._pattern = _pattern_field()
        self._joins = QCheckBox(
            "Join the files of a picture's channels",
            toolTip="Files whose names differ in {channel} alone become one picture with so many channels.")
        self._said = text_label(lines=2, width_px=240)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._preview = _preview_table()
        form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Class:", self._class)
        form.addRow("Names like:", self._pattern)
        form.addRow("", self._joins)
        form.addRow("", self._said)
        form.addRow(self._preview)
        self._class.activated.connect(lambda _: self._class_chosen())
        self._pattern.activated.connect(lambda _: self._pattern.lineEdit().setCursorPosition(0))
        self._pattern.activated.connect(lambda _: self._show_preview())
        self._pattern.activated.connect(lambda _: self._emit())
        self._pattern.lineEdit().editingFinished.connect(self._emit)
        self._pattern.lineEdit().textEdited.connect(self._show_preview)
        self._joins.clicked.connect(lambda _: self._show_preview())
        self._joins.clicked.connect(lambda _: self._emit())
        self.show_choice(FOLDER, "", False)

    def show_choice(self, class_from: str, pattern: str, joins_channels: bool) -> None:
        """Show a choice; nothing is emitted."""
        self._last = class_from, pattern, joins_channels
        self._wanted = class_from  # a pattern that is being typed may not have that part for a while
        self._fill_class([class_from] if class_from not in (FOLDER, "") else [])
        self._pattern.setEditText(pattern)
        self._pattern.lineEdit().setCursorPosition(0)
        self._joins.setChecked(joins_channels)
        self._show_preview()

    def show_names(self, names: Sequence[str], ready: str = "") -> None:
        """The first names that were found, relative to the folder, and the ready pattern that suits them."""
        self._names, self._ready = names[:LOOKED_AT], ready
        self._show_preview()

    def _class_chosen(self) -> None:
        self._wanted = self._class.currentData()
        self._emit()

    def _emit(self) -> None:
        joins = self._joins.isChecked() and self._joins.isEnabled()
        now = (self._class.currentData(), self._pattern.currentText().strip(), joins)
        if now != self._last:
            self._last = now
            self.changed.emit(*now)

    def _show_preview(self) -> None:
        """The columns that the pattern gives, as it stands in its field."""
        text = self._pattern.currentText().strip()
        pattern, problem = _parsed(text)
        taken = {name: pattern.match(name) for name in self._names} if pattern else {}
        self._pattern.setToolTip(plain_tip(text) or _HINT)
        self._said.setText(problem or (self._verdict(taken) if pattern else self._suggestion()))
        self._said.setToolTip(plain_tip("\n".join(_misfits(taken)[:_SHOWN])))
        if problem:  # the choices that depend on the pattern wait until it is mended
            self._preview.hide()
            return
        parts = pattern.parts if pattern else ()
        self._joins.setEnabled(CHANNEL in parts)
        if self._joins.isChecked():  # the channels of a picture share its row
            parts = tuple(part for part in parts if part != CHANNEL)
        self._fill_class(parts)
        self._fill_table(parts, taken)

    def _suggestion(self) -> str:
        if not self._ready:
            return "No labels from names."
        pattern = parse_pattern(self._ready)
        return self._verdict({name: pattern.match(name) for name in self._names}, f" the ready pattern {self._ready}")

    def _verdict(self, taken: _Taken, what: str = "") -> str:
        """How many names fit, and one that does not."""
        if not taken:
            return ""
        count, misfits = len(taken), _misfits(taken)
        fit = f"{count - len(misfits)} of {'the first ' if count == LOOKED_AT else ''}{count} names fit{what}"
        if not misfits:
            return f"{fit}."
        example = self.fontMetrics().elidedText(misfits[0], Qt.TextElideMode.ElideMiddle, _EXAMPLE_PX)
        return f"{fit}; {example} does not."

    def _fill_table(self, parts: Sequence[str], taken: _Taken) -> None:
        """The rows that the first names give."""
        rows: dict[tuple[str, ...], str] = {}
        for name, found in taken.items():
            rows.setdefault(tuple((found or {}).get(part, "?") for part in parts), name)
        self._preview.setVisible(bool(parts and rows))
        self._preview.setColumnCount(len(parts))
        self._preview.setHorizontalHeaderLabels(list(parts))
        self._preview.setRowCount(min(_SHOWN, len(rows)))
        for row, (values, name) in enumerate(islice(rows.items(), _SHOWN)):
            for column, value in enumerate(values):
                item = QTableWidgetItem(value)
                item.setToolTip(plain_tip(name))
                self._preview.setItem(row, column, item)

    def _fill_class(self, parts: Sequence[str]) -> None:
        self._class.clear()
        self._class.addItem("Sub-folder", FOLDER)
        for part in parts:
            self._class.addItem(f"{part} (from the name)", part)
        self._class.addItem("None", "")
        self._class.setCurrentIndex(max(0, self._class.findData(self._wanted)))


def _pattern_field() -> QComboBox:
    """A field for a pattern, with the ready ones as its menu."""
    field = QComboBox(accessibleName="Pattern of names", editable=True, toolTip=_HINT)
    field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    field.setMinimumContentsLength(20)
    field.setCompleter(None)  # it would write a ready pattern over what is being typed
    field.lineEdit().setPlaceholderText("such as {plate}_{well}_s{site}")
    field.lineEdit().setClearButtonEnabled(True)
    field.addItem("", "")
    for title, pattern in READY_PATTERNS.items():
        field.addItem(pattern)
        field.setItemData(field.count() - 1, title, Qt.ItemDataRole.ToolTipRole)
    return field


def _preview_table() -> QTableWidget:
    table = QTableWidget(0, 0, accessibleName="Preview of the columns", maximumHeight=120,
                         editTriggers=QAbstractItemView.EditTrigger.NoEditTriggers,
                         selectionMode=QAbstractItemView.SelectionMode.NoSelection)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().lineSpacing() + 4)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _parsed(text: str) -> tuple[NamePattern | None, str]:
    """The pattern, and what is wrong with it."""
    if not text:
        return None, ""
    try:
        return parse_pattern(text), ""
    except WrongUse as error:
        return None, str(error)


def _misfits(taken: _Taken) -> list[str]:
    return [name for name, found in taken.items() if found is None]
