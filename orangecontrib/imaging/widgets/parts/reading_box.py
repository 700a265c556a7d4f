"""How pictures are read: one of them, before and after, and below it the choices that matter for it."""

from __future__ import annotations

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ...core.reading_choice import ReadingChoice
from .reading_form import ReadingForm
from .reading_preview import ReadingPreview


class ReadingBox(QWidget):
    """The form follows the picture that the preview shows."""

    #: the user changed the recipe (ReadingChoice)
    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choice, self._names = ReadingChoice(), ()
        self.preview, self.form = ReadingPreview(), ReadingForm()
        self.preview.set_images([])
        self.preview.moved.connect(lambda _: self._show())
        self.form.changed.connect(self.changed.emit)
        scroll = QScrollArea(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.form)  # of a stack with all kinds of axes it is higher than small screens
        self.form.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.preview)
        layout.addWidget(scroll, 1)

    def show_choice(self, choice: ReadingChoice, names: tuple[str, ...]) -> None:
        """Show a choice; nothing is emitted.

        Args:
            names: of the channels, where they are known better than by the files.
        """
        self._choice, self._names = choice, names
        self._show()

    def _show(self) -> None:
        image = self.preview.image
        self.form.show_reading(self._choice, image.info if image else None, self._names)
