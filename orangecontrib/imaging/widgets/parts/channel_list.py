"""The channels of a picture: which are seen, in which colours, together or each on its own."""

from __future__ import annotations

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QIcon, QPainter, QPixmap
from AnyQt.QtWidgets import QColorDialog, QComboBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ...core.reading import MAX_COMPOSITE, Reading
from ...core.rendering import channel_colours
from ...core.stack import ImageInfo, shown_channels

_RGB = ("Red", "Green", "Blue")
_WAYS = {False: "Together, in colors", True: "Each on its own, in gray"}
_ADVICE = {False: "One picture; double-click a channel to change its color.",
           True: "Each channel has its own vector; they stand side by side."}
_ROWS = 6


class ChannelList(QWidget):
    """A line a channel; ticked ones are seen."""

    #: the user changed: channels (tuple of int, () for the usual ones, or for all where each stands on its own),
    #: colours (tuple of str), each on its own (bool)
    changed = Signal(tuple, tuple, bool)

    def __init__(self) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self._colours: list[str] = []
        self._usual: tuple[tuple[int, ...], tuple[str, ...]] = (), ()
        self._way = QComboBox(accessibleName="Channels are seen")
        for value, title in _WAYS.items():
            self._way.addItem(title, value)
        self._way.activated.connect(lambda _: self._change_way())
        self._list = QListWidget(accessibleName="Channels", iconSize=QSize(14, 14))
        self._list.itemChanged.connect(lambda _: self._emit())
        self._list.itemDoubleClicked.connect(self._choose_colour)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._way)
        layout.addWidget(self._list)

    def show_channels(self, info: ImageInfo, reading: Reading, names: tuple[str, ...] = ()) -> None:
        """Show the channels of files like this one; nothing is emitted."""
        self.names = names
        titles = _titles(info, names)
        usual = Reading()
        self._usual = shown_channels(info, usual), tuple(channel_colours(info, usual))
        shown, chosen = shown_channels(info, reading), dict(zip(reading.channels, reading.colours, strict=False))
        every = [*channel_colours(info, usual), *["#ffffff"] * info.channels]
        self._colours = [chosen.get(number, every[number]) for number in range(info.channels)]
        self._way.setCurrentIndex(self._way.findData(reading.separate))
        self._way.setToolTip(_ADVICE[reading.separate])
        self._list.blockSignals(True)
        self._list.clear()
        for number, title in enumerate(titles):
            item = QListWidgetItem(_icon("#808080" if reading.separate else self._colours[number]), title, self._list)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if number in shown else Qt.CheckState.Unchecked)
        self._list.setFixedHeight(min(len(titles), _ROWS) * self._list.sizeHintForRow(0) + 2 * self._list.frameWidth())
        self._list.blockSignals(False)

    def _choose_colour(self, item: QListWidgetItem) -> None:
        number = self._list.row(item)
        colour = QColorDialog.getColor(QColor(self._colours[number]), self, f"Color of {item.text()}")
        if colour.isValid():
            self._colours[number] = colour.name()
            self._emit()

    def _ticked(self) -> tuple[int, ...]:
        return tuple(number for number in range(self._list.count())
                     if self._list.item(number).checkState() == Qt.CheckState.Checked)

    def _change_way(self) -> None:
        """One picture shows six channels at most; each on its own, all can stand."""
        if self._way.currentData() and self._ticked() == self._usual[0]:
            self.changed.emit((), (), True)
        else:
            self._emit()

    def _emit(self) -> None:
        """What is ticked; all channels, and the usual ones in their usual colours, need no naming."""
        separate, every = bool(self._way.currentData()), tuple(range(self._list.count()))
        chosen = self._ticked() or (every if separate else self._usual[0])
        if not separate:
            chosen = chosen[:MAX_COMPOSITE]
        colours = tuple(self._colours[number] for number in chosen)
        if separate:
            self.changed.emit(() if chosen == every else chosen, (), True)
        elif (chosen, colours) == self._usual or (chosen == self._usual[0] and not self._usual[1]):
            self.changed.emit((), (), False)
        else:
            self.changed.emit(chosen, colours if len(chosen) > 1 else (), False)


def _titles(info: ImageInfo, names: tuple[str, ...]) -> list[str]:
    known = names if len(names) == info.channels else _RGB if info.is_colour else info.channel_names
    return list(known) or [f"Channel {number + 1}" for number in range(info.channels)]


def _icon(colour: str) -> QIcon:
    """A square with a border, so that white is seen on white, and black on black."""
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor("#808080"))
    painter = QPainter(pixmap)
    painter.fillRect(1, 1, 12, 12, QColor(colour))
    painter.end()
    return QIcon(pixmap)
