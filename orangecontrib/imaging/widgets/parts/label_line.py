"""One label in the palette: its key, color, name and count."""

from __future__ import annotations

from AnyQt.QtCore import QEvent, QRectF, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from AnyQt.QtWidgets import QColorDialog, QHBoxLayout, QLineEdit, QToolButton, QWidget

from ...core.hand_labels import COLORS, Label
from .text_label import plain_tip

_KEYS = 9
_SWATCH_PX = 14


class NameField(QLineEdit):
    """Text that is taken with Enter or by leaving it, and left as it was with Escape.

    Args:
        is_quiet: it looks like a field only while something is typed.
    """

    #: Enter or Escape was pressed
    left = Signal()

    def __init__(self, *, is_quiet: bool = False) -> None:
        super().__init__(frame=not is_quiet, maxLength=100)
        self.given = ""
        self._is_quiet = is_quiet
        self._fade()

    def show_text(self, text: str) -> None:
        """Show a text, in place of what was typed."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.given = text

    def focusInEvent(self, event: QEvent) -> None:
        self.setPalette(QPalette())
        super().focusInEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self._fade()
        self.setCursorPosition(0)

    def _fade(self) -> None:
        if self._is_quiet:
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.Base, QColor(Qt.GlobalColor.transparent))
            self.setPalette(palette)

    def keyPressEvent(self, event: QEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.show_text(self.given)
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.editingFinished.emit()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class LabelLine(QWidget):
    """Shows a label; signals say what the user wants."""

    #: put this label (its number) on the selection
    put = Signal(int)
    #: select the pictures that have it
    chosen = Signal(int)
    #: call it so
    renamed = Signal(int, str)
    #: give it this color, such as "#e69f00"
    recolored = Signal(int, str)
    #: take it away
    removed = Signal(int)
    #: the name was typed
    left = Signal()

    def __init__(self, label: Label) -> None:
        super().__init__()
        self.label = label
        self.number = QToolButton(autoRaise=True, text=str(label.number))
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("999"))
        self.color = QToolButton(autoRaise=True, iconSize=QSize(_SWATCH_PX, _SWATCH_PX))
        self.name = NameField(is_quiet=True)
        self.count = QToolButton(autoRaise=True)
        self.remove = QToolButton(autoRaise=True, text="×")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for part in (self.number, self.color, self.name, self.count, self.remove):
            layout.addWidget(part, 1 if part is self.name else 0)
        #: what takes the keys, in the order of Tab
        self.parts = (self.number, self.color, self.name, self.count, self.remove)
        for part in self.parts:
            part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.number.clicked.connect(lambda _: self.put.emit(self.label.number))
        self.remove.clicked.connect(lambda _: self.removed.emit(self.label.number))
        self.count.clicked.connect(lambda _: self.chosen.emit(self.label.number))
        self.color.clicked.connect(lambda _: self._choose_color())
        self.name.editingFinished.connect(self._on_name)
        self.name.left.connect(self.left)

    def show_label(self, label: Label, count: int) -> None:
        """Show a label and how many pictures have it; nothing is emitted."""
        self.label = label
        self.name.show_text(label.name)
        self.count.setText(f"{count:,}")
        self.color.setIcon(swatch(label.color, self.palette()))
        key = f" (key {label.number})" if label.number <= _KEYS else ""
        self.number.setToolTip(f"Put this label on the selected pictures{key}")
        self.name.setToolTip(plain_tip(f"{label.name}: click to change the name"))
        self.count.setToolTip("Select the pictures with this label")
        self.count.setEnabled(count > 0)
        self.color.setToolTip("Choose another color")
        self.remove.setToolTip("Remove this label, and take it from all pictures")
        self.number.setAccessibleName(f"Put the label {label.name}")
        self.color.setAccessibleName(f"Color of the label {label.name}")
        self.name.setAccessibleName(f"Name of label {label.number}")
        self.remove.setAccessibleName(f"Remove the label {label.name}")
        self.count.setAccessibleName(f"Select the {count:,} pictures with the label {label.name}")

    def edit(self) -> None:
        """Let the user type the name."""
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.name.selectAll()

    def _on_name(self) -> None:
        if self.name.text() != self.name.given:
            self.name.given = self.name.text()
            self.renamed.emit(self.label.number, self.name.given)

    def _choose_color(self) -> None:
        """Ask in a window that waits for nobody: this line may be gone when it closes."""
        for place, color in enumerate(COLORS):
            QColorDialog.setCustomColor(place, QColor(color))
        dialog = QColorDialog(QColor(self.label.color), self)
        dialog.setWindowTitle(f"Color of “{self.label.name}”")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._on_color)
        dialog.open()

    def _on_color(self, color: QColor) -> None:
        self.recolored.emit(self.label.number, color.name())


def swatch(color: str, palette: QPalette) -> QIcon:
    """A field of a color with an edge that is seen on light and dark ground."""
    edge = palette.color(QPalette.ColorRole.Text)
    edge.setAlpha(90)
    pixmap = QPixmap(2 * _SWATCH_PX, 2 * _SWATCH_PX)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(QRectF(0.5, 0.5, _SWATCH_PX - 1, _SWATCH_PX - 1), 3, 3)
    painter.end()
    return QIcon(pixmap)
