"""The choice of how files become pictures: channels, planes, times, series and contrast."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from AnyQt.QtCore import Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpacerItem,
    QSpinBox,
    QWidget,
)

from ...core.errors import WrongUse
from ...core.reading import Range
from ...core.reading_choice import ReadingChoice
from ...core.reading_words import CONTRAST_TITLES, FOLDER, PAGE_TITLES, PROJECTION_TITLES
from ...core.stack import ImageInfo
from .channel_list import ChannelList
from .text_label import buddy_label, text_label

_ADVICE = {
    "auto": "Up to 8 bits as they are; deeper ones between the percentiles of each picture.",
    "percentiles": "Each picture is stretched between its percentiles, whatever its depth.",
    "type": "0 to the greatest number that the file's type can hold. Dim pictures stay dark.",
    FOLDER: "The same range for all pictures: bright ones stay brighter than dark ones. Choose it when brightness is "
            "what you study.",
    "range": "These numbers become black and white in every picture."}
_NOTHING = ImageInfo(0, 0, 0, "", channels=1, is_colour=False)
#: what formats call one of several times or scenes (`ImageInfo`)
_COUNTED = {
    "frame": "Frame:", "page": "Page:", "picture": "Picture:", "position": "Position:", "series": "Series:",
    "time point": "Time point:",
}
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+")  # 4,000 is four, or four thousand


class ReadingForm(QWidget):
    """Shows a recipe, as far as it matters for the files, and lets the user change it."""

    #: the user changed the recipe (ReadingChoice)
    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choice, self._info = ReadingChoice(), _NOTHING
        self.channels = ChannelList()
        self.channels.changed.connect(self._channels_changed)
        self._projection = _combo(PROJECTION_TITLES, "Planes", self._planes_changed)
        self._z = _number(self._planes_changed, "Plane")
        self._time = _number(lambda: self._change(time=self._time.value() - 1), "Time point")
        self._scene = _number(lambda: self._change(scene=self._scene.value() - 1), "Series")
        self._pages = _combo(PAGE_TITLES, "Pages are", lambda: self._change(pages=self._pages.currentData(), scene=0))
        self._contrast = _combo(CONTRAST_TITLES, "Contrast", self._contrast_changed)
        self._low, self._high = (_field(name, self._limits_changed) for name in ("Black", "White"))
        self._form = QFormLayout(self, fieldGrowthPolicy=QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(0)  # it would be left for hidden rows too
        self._rows: dict[str, QWidget] = {}
        for name, fields in (("Pages are:", [self._pages]), ("Series:", [self._scene]), ("Time point:", [self._time]),
                             ("Planes:", [self._projection, self._z]), ("Channels:", [self.channels]),
                             ("Contrast:", [self._contrast]), ("Black, white:", [self._low, self._high])):
            self._rows[name] = _line(fields)
            self._form.addRow(buddy_label(name, self._rows[name]), self._rows[name])
        self._advice = text_label(lines=3, width_px=240)
        self._advice.setTextFormat(Qt.TextFormat.PlainText)
        self.reset_button = QPushButton(
            "Reset", autoDefault=False,
            toolTip="Read the pictures in the usual way: all channels, automatic contrast.")
        self.reset_button.clicked.connect(lambda _: self._change(ReadingChoice()))
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._advice, 1)
        line.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignTop)
        self._form.addRow("", line)
        self._form.addItem(QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding))
        self.show_reading(self._choice, None)

    def show_reading(self, choice: ReadingChoice, info: ImageInfo | None, names: tuple[str, ...] = ()) -> None:
        """Show a recipe and what of it matters for files like `info`; nothing is emitted.

        Args:
            names: of the channels, where they are known better than by the file.
        """
        self._choice, self._info, reading = choice, info or _NOTHING, choice.reading
        self.channels.show_channels(self._info, choice.of_file(info), names)
        for combo, value in ((self._projection, reading.projection), (self._pages, reading.pages),
                             (self._contrast, FOLDER if choice.is_folder_range else reading.contrast)):
            combo.setCurrentIndex(combo.findData(value))
        self._advice.setText(_ADVICE[self._contrast.currentData()])
        counts = ((self._z, reading.z, self._info.planes), (self._time, reading.time, self._info.times),
                  (self._scene, reading.scene, self._info.scenes))
        for spin, value, count in counts:
            spin.blockSignals(True)
            spin.setRange(1, max(count, value + 1))
            spin.setSuffix(f" of {count}")
            spin.setValue(value + 1)
            spin.blockSignals(False)
        self._show_limits()
        self._show_rows()
        for row in self._rows.values():
            row.setEnabled(info is not None)
        self.reset_button.setEnabled(choice != ReadingChoice())

    def _show_limits(self) -> None:
        for field, value in zip((self._low, self._high), self._limits(), strict=True):
            field.setText(repr(value).removesuffix(".0"))  # in full: it is read back

    def _limits(self) -> Range:
        """What becomes black and white: numbers of the file, or percentiles."""
        reading = self._choice.reading
        return reading.ranges[0] if self._contrast.currentData() == "range" else reading.percentiles

    def _show_rows(self) -> None:
        """Only what matters for these files."""
        info, reading, contrast = self._info, self._choice.reading, self._contrast.currentData()
        self._z.setVisible(reading.projection == "plane")
        self._form.labelForField(self._rows["Time point:"]).setText(_COUNTED[info.time_word])
        self._form.labelForField(self._rows["Series:"]).setText(_COUNTED[info.scene_word])
        self._form.labelForField(self._rows["Black, white:"]).setText(
            "Black, white:" if contrast == "range" else "Percentiles:")
        matters = {"Pages are:": info.scene_word == "page" or reading.pages != "scene", "Series:": info.scenes > 1,
                   "Time point:": info.times > 1, "Planes:": info.planes > 1,
                   "Channels:": info.channels > 1, "Black, white:": contrast != "type" and (
                       contrast != "auto" or info.is_deep)}
        for name, shows in matters.items():
            self._rows[name].setVisible(shows)
            self._form.labelForField(self._rows[name]).setVisible(shows)

    def _change(self, choice: ReadingChoice | None = None, **changes: object) -> None:
        """Take over what makes sense; put back what does not, and say why."""
        choice = choice or self._choice
        try:
            self._choice = replace(choice, reading=replace(choice.reading, **changes))
        except WrongUse as error:
            self._show_again()
            self._advice.setText(str(error))
            return
        self._show_again()
        self.changed.emit(self._choice)

    def _show_again(self) -> None:
        self.show_reading(self._choice, None if self._info is _NOTHING else self._info, self.channels.names)

    def _channels_changed(self, channels: tuple[int, ...], colours: tuple[str, ...], separate: bool) -> None:
        choice = replace(self._choice, is_each_channel=separate and not channels)
        self._change(choice, channels=channels, colours=colours, separate=separate and bool(channels),
                     ranges=choice.reading.ranges[:1])

    def _planes_changed(self) -> None:
        self._change(projection=self._projection.currentData(), z=self._z.value() - 1)

    def _contrast_changed(self) -> None:
        chosen = self._contrast.currentData()
        choice = replace(self._choice, is_folder_range=chosen == FOLDER)
        ranges = (choice.reading.ranges or (self._usual_range(),)) if chosen == "range" else ()
        self._change(choice, contrast="auto" if chosen == FOLDER else chosen, ranges=ranges)

    def _usual_range(self) -> tuple[float, float]:
        return (0.0, 1.0) if self._info.kind == "f" else (0.0, 2.0**self._info.bits - 1)

    def _limits_changed(self) -> None:
        try:
            limits = _limit(self._low), _limit(self._high)
        except ValueError:
            self._show_limits()
            self._advice.setText("Write two numbers, such as 0.1 and 99.9, and thousands as 4000.")
            return
        if limits != self._limits():
            is_range = self._contrast.currentData() == "range"
            self._change(**({"ranges": (limits,)} if is_range else {"percentiles": limits}))


def _combo(choices: Mapping[str, str], name: str, action: Callable[[], None]) -> QComboBox:
    combo = QComboBox(accessibleName=name)
    for value, title in choices.items():
        combo.addItem(title, value)
    combo.activated.connect(lambda _: action())
    return combo


def _number(action: Callable[[], None], name: str) -> QSpinBox:
    spin = QSpinBox(minimum=1, maximum=1, keyboardTracking=False, accessibleName=name)
    spin.valueChanged.connect(lambda _: action())
    return spin


def _field(name: str, action: Callable[[], None]) -> QLineEdit:
    field = QLineEdit(accessibleName=name, maximumWidth=90, alignment=Qt.AlignmentFlag.AlignRight)
    field.editingFinished.connect(action)
    return field


def _limit(field: QLineEdit) -> float:
    """The number in a field, with a point or a comma. Raises ValueError: it is none, or may be thousands as well."""
    if _THOUSANDS.fullmatch(field.text().strip()):
        raise ValueError(field.text())
    return float(field.text().replace(",", "."))


def _line(fields: list[QWidget]) -> QWidget:
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 3, 0, 3)
    for field in fields:
        layout.addWidget(field)
    if len(fields) > 1:
        layout.addStretch()
    return line
