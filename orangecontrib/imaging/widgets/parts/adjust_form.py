"""How the view is adjusted: channels, black and white points, gamma. The data never change by it."""

from __future__ import annotations

import math
from dataclasses import replace

from AnyQt.QtCore import QEvent, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSlider, QVBoxLayout, QWidget

from ...core.adjusting import GAMMAS, Adjustment, ChannelView, usual_adjustment
from ...core.planes import Planes
from .channel_row import ChannelRow

_WIDTH_PX = 260
_GAMMA_STEPS = 100  # of the slider, to either side
_PROMISE = "Only this view changes. The data, the files and what networks see stay as they are."


class AdjustForm(QScrollArea):
    """A row a channel, and a slider for gamma."""

    #: the user changed the view: an Adjustment, or None for that of the recipe
    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, accessibleName="Adjust the view",
                         horizontalScrollBarPolicy=Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(_WIDTH_PX)
        self.rows: list[ChannelRow] = []
        self._planes: Planes | None = None
        self._adjustment: Adjustment | None = None
        self._kind: object = None
        self._place = QVBoxLayout()
        self._place.setSpacing(10)
        self.gamma = QSlider(Qt.Orientation.Horizontal, minimum=-_GAMMA_STEPS, maximum=_GAMMA_STEPS,
                             accessibleName="Gamma", toolTip="To the right, what is dark becomes lighter")
        self.gamma.valueChanged.connect(self._change_gamma)
        self._gamma_text = QLabel()
        self.reset = QPushButton("Reset", toolTip="The view as the recipe of the pictures says", autoDefault=False)
        self.reset.clicked.connect(lambda: self.changed.emit(None))
        self.setWidget(self._filled())

    def _filled(self) -> QWidget:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.addLayout(self._place)
        line = QHBoxLayout()
        line.addWidget(self._gamma_text)
        line.addWidget(self.gamma, 1)
        layout.addSpacing(6)
        layout.addLayout(line)
        layout.addWidget(self.reset)
        layout.addWidget(QLabel(_PROMISE, wordWrap=True))
        layout.addStretch(1)
        return inner

    def show_adjustment(self, planes: Planes | None, adjustment: Adjustment | None) -> None:
        """Show how a picture is seen; None while there is none. Nothing is emitted."""
        self._planes, self._adjustment = planes, adjustment
        self.widget().setEnabled(planes is not None)
        if planes is None or adjustment is None:
            return
        self._make_rows(planes)
        is_whole = planes.values.dtype.kind in "uib"
        has_color = not planes.separate and len(planes.channels) > 1 and not planes.is_colour
        for row, channel, view in zip(self.rows, planes.channels, adjustment.channels, strict=True):
            row.show_view(channel, view, is_whole=is_whole, has_color=has_color)
        self.reset.setEnabled(adjustment != usual_adjustment(planes))
        self._show_gamma(adjustment.gamma)

    def _make_rows(self, planes: Planes) -> None:
        """Other rows where the channels are others; the same ones stay, with the focus."""
        if planes.kind == self._kind:
            return
        self._kind = planes.kind
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [ChannelRow(channel.name) for channel in planes.channels]
        for place, row in enumerate(self.rows):
            row.changed.connect(lambda view, place=place: self._change_channel(place, view))
            self._place.addWidget(row)

    def _show_gamma(self, gamma: float) -> None:
        self.gamma.blockSignals(True)
        self.gamma.setValue(round(_GAMMA_STEPS * math.log(gamma) / math.log(GAMMAS[1])))
        self.gamma.blockSignals(False)
        self._gamma_text.setText(f"Gamma {gamma:.2f}")

    def _change_channel(self, place: int, view: ChannelView) -> None:
        if self._adjustment is not None:
            self._tell(self._adjustment.with_channel(place, view))

    def _change_gamma(self, value: int) -> None:
        if self._adjustment is not None:
            self._tell(replace(self._adjustment, gamma=GAMMAS[1] ** (value / _GAMMA_STEPS)))

    def keyPressEvent(self, event: QEvent) -> None:
        """Escape gives up what was being typed, and goes back to the picture."""
        if event.key() == Qt.Key.Key_Escape:
            self.show_adjustment(self._planes, self._adjustment)
            self.window().setFocus()
        else:
            super().keyPressEvent(event)

    def _tell(self, adjustment: Adjustment) -> None:
        """That of the recipe is told as None: the next picture then has its own."""
        is_usual = self._planes is not None and adjustment == usual_adjustment(self._planes)
        self.changed.emit(None if is_usual else adjustment)
