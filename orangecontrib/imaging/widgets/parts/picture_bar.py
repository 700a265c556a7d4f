"""What a window of pictures says of the one shown, and its buttons."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from .elided_label import ElidedLabel


class PictureBar(QWidget):
    """Buttons call what they are given; `show_…` calls nothing."""

    def __init__(self, step: Callable[[int], None], fit: Callable[[], None], whole: Callable[[], None],
                 adjust: Callable[[bool], None], beside: Callable[[bool], None], full: Callable[[], None]) -> None:
        super().__init__()
        self.position = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.text = ElidedLabel()
        icons = QStyle.StandardPixmap
        self.back = self._button("Previous picture (Left)", icon=icons.SP_ArrowBack)
        self.back.clicked.connect(lambda: step(-1))
        self.forward = self._button("Next picture (Right)", icon=icons.SP_ArrowForward)
        self.forward.clicked.connect(lambda: step(1))
        self.fit = self._button("", "Fit")
        self.fit.clicked.connect(fit)
        self.whole = self._button("", "100 %")
        self.whole.clicked.connect(whole)
        self.show_keys(are_for_labels=False)
        self.beside = self._button("Pictures side by side, with one zoom for all (S)", "Side by Side", checkable=True)
        self.beside.clicked.connect(beside)
        self.adjust = self._button("Channels, black and white points, gamma: of this view only (A)", "Adjust",
                                   checkable=True)
        self.adjust.clicked.connect(adjust)
        self.full = self._button("Fill the screen; Escape leaves it (F)", "Full Screen")
        self.full.clicked.connect(full)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        for widget in (self.back, self.position, self.forward):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self.text, 1)
        for widget in (self.fit, self.whole, self.beside, self.adjust, self.full):
            layout.addWidget(widget)

    def show_position(self, text: str, can_go_back: bool, can_go_on: bool) -> None:
        """Such as ``3 of 120``."""
        self.position.setText(text)
        self.back.setEnabled(can_go_back)
        self.forward.setEnabled(can_go_on)

    def show_keys(self, *, are_for_labels: bool) -> None:
        """Name the digits that zoom, but not while they label."""
        fit, whole = ("", "") if are_for_labels else ("0, or ", "1, or ")
        self.fit.setToolTip(f"Show the whole picture ({fit}double-click)")
        self.whole.setToolTip(f"One pixel of the picture on one of the screen ({whole}double-click)")

    def _button(self, tip: str, text: str = "", icon: QStyle.StandardPixmap | None = None,
                checkable: bool = False) -> QToolButton:
        button = QToolButton(text=text, toolTip=tip, accessibleName=text or tip.split(" (")[0], checkable=checkable,
                             autoRaise=True, focusPolicy=Qt.FocusPolicy.TabFocus)
        if icon is not None:
            button.setIcon(self.style().standardIcon(icon))
        return button
