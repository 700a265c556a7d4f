"""The keys that label pictures. A field that takes text keeps them to itself, as Qt's shortcuts have it."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtCore import QObject, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import QShortcut, QWidget


class LabelKeys(QObject):
    """Listens in a window and all that is in it."""

    #: a digit from 1 to 9; 0 also for Delete
    digit_pressed = Signal(int)
    undo = Signal()
    redo = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._shortcuts: list[QShortcut] = []
        for digit in range(10):
            self._listen(window, str(digit), lambda digit=digit: self.digit_pressed.emit(digit))
        self._listen(window, "Del", lambda: self.digit_pressed.emit(0))
        self._listen(window, "Ctrl+Z", self.undo.emit)
        for keys in ("Ctrl+Shift+Z", "Ctrl+Y"):
            self._listen(window, keys, self.redo.emit)

    def set_listening(self, listens: bool) -> None:
        """Leave the keys to the window where there is nothing to label with."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(listens)

    def _listen(self, window: QWidget, keys: str, then: Callable[[], None]) -> None:
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(then)
        self._shortcuts.append(shortcut)
