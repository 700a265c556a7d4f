"""A table of pictures of two classes, and the widget Save Images with a user who presses its buttons."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QFileDialog
from made import write_pictures
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest

from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.owsaveimages import OWSaveImages


def made_table(folder, count=4, reading=Reading(), names=None):
    """`count` pictures of two classes in turn, with a well and a number."""
    write_pictures(folder, count)
    names = names or [f"{row}.png" for row in range(count)]
    domain = Domain([ContinuousVariable("size")], DiscreteVariable("type", ("SN", "NSN")),
                    [image_variable("image", str(folder), reading), StringVariable("well")])
    metas = np.array([[name, f"A{row:02}"] for row, name in enumerate(names)], object)
    return Table.from_numpy(domain, np.arange(count, dtype=float)[:, None] / 2, np.arange(count) % 2, metas)


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if not path.is_dir())


class SaveCase(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWSaveImages)
        self.folder = Path(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
        self.out = self.folder / "out"

    def _send(self, data, out=True):
        self.send_signal(self.widget.Inputs.data, data)
        if out:
            self._choose_folder(self.out)
        self._settle()

    def _settle(self):
        widget = self.widget
        self.process_events(lambda: widget._locating.is_idle and widget._lookup.is_idle, timeout=20_000)
        self.process_events(lambda: widget.task is None, timeout=60_000)
        self.process_events(lambda: widget._locating.is_idle and widget._lookup.is_idle, timeout=20_000)

    def _choose_folder(self, folder):
        with patch.object(QFileDialog, "getExistingDirectory", return_value=str(folder)):
            QTest.mouseClick(self.widget.target.browse_button, Qt.MouseButton.LeftButton)

    def _press(self, button):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def _save(self):
        self._press(self.widget._save_button)
        self._settle()

    @staticmethod
    def _choose(combo, data):
        combo.setCurrentIndex(combo.findData(data))
        combo.activated.emit(combo.currentIndex())

    @property
    def saved(self):
        return self.get_output(self.widget.Outputs.saved)

    @property
    def skipped(self):
        return self.get_output(self.widget.Outputs.skipped)
