"""One channel of the view: whether it is seen, in which color, and from which number to which."""

from __future__ import annotations

from dataclasses import replace

from AnyQt.QtCore import QLocale, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QDoubleValidator, QIcon, QPainter, QPixmap
from AnyQt.QtWidgets import QCheckBox, QColorDialog, QGridLayout, QLineEdit, QToolButton, QWidget

from ...core.adjusting import ChannelView
from ...core.planes import Channel
from .range_slider import RangeSlider

_SWATCH_PX = 14
_SEEN_COLORS = {"#0000ff": "#5070ff", "#000000": "#808080"}  # in place of what is hardly seen on black


class ChannelRow(QWidget):
    """A tick, a color, a slider with two ends, and its ends as numbers."""

    #: the user changed it (ChannelView)
    changed = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._view = ChannelView(True, None, "#ffffff")
        self._limits = 0.0, 1.0
        self._is_whole = False
        self.tick = QCheckBox(name, toolTip=f"Show {name}")
        self.tick.clicked.connect(lambda shown: self._change(is_shown=shown))
        self.swatch = QToolButton(autoRaise=True, iconSize=QSize(_SWATCH_PX, _SWATCH_PX),
                                  toolTip=f"Color of {name} in this view", accessibleName=f"Color of {name}")
        self.swatch.clicked.connect(self._choose_color)
        self.slider = RangeSlider(f"Black and white point of {name}")
        self.slider.moved.connect(self._move)
        self.low, self.high = self._field(f"Black point of {name}"), self._field(f"White point of {name}")
        self.high.setAlignment(Qt.AlignmentFlag.AlignRight)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.tick, 0, 0)
        layout.addWidget(self.swatch, 0, 1, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.slider, 1, 0, 1, 2)
        layout.addWidget(self.low, 2, 0)
        layout.addWidget(self.high, 2, 1)

    def show_view(self, channel: Channel, view: ChannelView, *, is_whole: bool, has_color: bool) -> None:
        """Show how a channel is seen; nothing is emitted. `has_color`: whether its color can be another."""
        self._view, self._limits, self._is_whole = view, view.limits or channel.limits, is_whole
        self.tick.setChecked(view.is_shown)
        self.swatch.setVisible(has_color)
        self.swatch.setIcon(_icon(view.colour))
        low, high = sorted(self._limits)
        reach = min(*channel.extent, *channel.limits), max(*channel.extent, *channel.limits)
        self.slider.show_range(low, high, reach, is_whole=is_whole)
        self.slider.show_counts(channel.counts, channel.extent, _SEEN_COLORS.get(view.colour, view.colour))
        for field, number in ((self.low, low), (self.high, high)):
            field.setText(_text(number, is_whole))
        for widget in (self.slider, self.low, self.high):
            widget.setEnabled(view.is_shown)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit(accessibleName=name, toolTip=f"{name}, in the file's own numbers")
        validator = QDoubleValidator(field)
        validator.setLocale(QLocale.c())
        field.setValidator(validator)
        field.setMinimumWidth(40)
        field.editingFinished.connect(self._type)
        return field

    def _type(self) -> None:
        """Ends in the wrong order, and what is no number, are put back."""
        shown = [_text(number, self._is_whole) for number in sorted(self._limits)]
        texts = [self.low.text(), self.high.text()]
        try:
            low, high = map(float, texts)
        except ValueError:
            low, high = 0.0, 0.0
        if texts == shown:
            return
        if low < high:
            self._move(low, high)
        else:
            self.low.setText(shown[0])
            self.high.setText(shown[1])

    def _move(self, low: float, high: float) -> None:
        black, white = self._limits
        self._change(limits=(high, low) if black > white else (low, high))

    def _choose_color(self) -> None:
        """Ask in a window that waits for nobody: this row may be gone when it closes."""
        dialog = QColorDialog(QColor(self._view.colour), self)
        dialog.setWindowTitle(self.swatch.accessibleName())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._on_color)
        dialog.open()

    def _on_color(self, color: QColor) -> None:
        self._change(colour=color.name())

    def _change(self, **parts: object) -> None:
        self._view = replace(self._view, **parts)
        self.changed.emit(self._view)


def _text(number: float, is_whole: bool) -> str:
    return str(round(number)) if is_whole and number == round(number) else f"{number:.6g}"


def _icon(color: str) -> QIcon:
    """A square with a border, so that white is seen on white, and black on black."""
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor("#808080"))
    painter = QPainter(pixmap)
    painter.fillRect(1, 1, _SWATCH_PX - 2, _SWATCH_PX - 2, QColor(color))
    painter.end()
    return QIcon(pixmap)
