"""Import Images as a user works it, with pictures made for it."""

import os
import tempfile
from pathlib import Path

import numpy as np
import tifffile
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.tables.columns import image_reading
from orangecontrib.imaging.widgets.owimportimages import OWImportImages


class ImportCase(WidgetTest):
    """Opens the widget, makes pictures for it, and works its forms as a user does."""

    def setUp(self):
        self.widget = self.create_widget(OWImportImages)
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))

    def tearDown(self):
        self.widget.onDeleteWidget()
        super().tearDown()

    def _new(self, part):
        """A part of the window on its own; it goes in the thread of the window, not where garbage is collected."""
        made = part()
        self.addCleanup(made.deleteLater)
        return made

    def _fill(self, *names, folder=None):
        for name in names:
            path = (folder or self.folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6)).save(path)

    def _stack(self, name="stack.tif", seed=0, axes="CYX", top=4000, **options):
        outer = {"CYX": (3,), "TZYX": (2, 4), "TCYX": (2, 2), "YX": (), "QYX": (3,)}[axes]
        values = np.random.default_rng(seed).integers(0, top, (*outer, 20, 30)).astype(np.uint16)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = None if axes == "QYX" else {"axes": axes}
        tifffile.imwrite(path, values, photometric="minisblack", metadata=metadata, **options)
        return path

    def _import(self, *folders, widget=None):
        first, *others = [str(folder) for folder in folders or (self.folder,)]
        widget = widget or self.widget
        widget.choose(first)
        if others:
            widget.choose(first, others)
        self._wait(widget)

    def _wait(self, widget=None):
        widget = widget or self.widget
        self.process_events(lambda: widget.task is None, timeout=20000)

    @property
    def data(self):
        return self.get_output(self.widget.Outputs.data)

    def _pattern(self, text):
        field = self.widget.label_form._pattern.lineEdit()
        field.setText(text)
        field.textEdited.emit(text)
        field.editingFinished.emit()
        self._wait()

    def _choose(self, combo, value):
        combo.setCurrentIndex(combo.findData(value))
        combo.activated.emit(combo.currentIndex())
        self._wait()

    @property
    def form(self):
        return self.widget.reading_form

    @property
    def reading(self):
        """The recipe that was sent on."""
        return image_reading(self.data.domain["image"])
