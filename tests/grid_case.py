"""What the tests of Image Grid share: pictures, vectors, and a widget that is waited for."""

import os
import tempfile
from pathlib import Path

import numpy as np
from AnyQt.QtCore import QEvent, QPoint, QPointF, Qt
from AnyQt.QtGui import QMouseEvent
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from orangewidget.tests.base import WidgetTest
from PIL import Image

from orangecontrib.imaging.tables.columns import image_variable
from orangecontrib.imaging.widgets.owimagegrid import OWImageGrid

COLORS = ((200, 40, 40), (40, 60, 200))
NONE, CTRL, SHIFT = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier,
                     Qt.KeyboardModifier.ShiftModifier)


def picture_table(count=12, folder=None, dimension=6, seed=0):
    """Two classes of pictures, red and blue, with vectors far apart; classes alternate."""
    folder = Path(folder or tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    names = [f"p{row}.png" for row in range(count)]
    kind = np.arange(count) % 2
    for row, name in enumerate(names):
        Image.new("RGB", (40, 20), COLORS[kind[row]]).save(folder / name)
    return vector_table(names, kind, str(folder), dimension, seed)


def vector_table(names, kind, origin="/nowhere", dimension=6, seed=0):
    domain = Domain([ContinuousVariable(f"n{column}") for column in range(dimension)],
                    DiscreteVariable("kind", ("red", "blue")),
                    [image_variable("image", origin), StringVariable("note")])
    vectors = np.random.default_rng(seed).normal(size=(len(names), dimension)) + 30 * np.asarray(kind)[:, None]
    metas = np.array([[name, f"note {row}"] for row, name in enumerate(names)], object).reshape(len(names), 2)
    return Table.from_numpy(domain, vectors, np.asarray(kind, float), metas)


class GridCase(WidgetTest):
    def setUp(self):
        self.widget = self.create_widget(OWImageGrid)
        self.widget.resize(900, 600)
        self.area = self.widget.area

    def send(self, data, *, wait=True):
        self.send_signal(self.widget.Inputs.data, data)
        if wait:
            self.settle()

    def settle(self):
        self.widget.show()
        self.process_events(lambda: not self.widget._is_working, timeout=60_000)

    def read(self):
        """Wait until all pictures are to be seen."""
        self.settle()
        self.process_events(lambda: not self.area._asking.isActive())
        self.process_events(lambda: self.widget.thumbnails.is_idle and not self.area._drawing.isActive(),
                            timeout=60_000)

    def click(self, row, keys=NONE):
        QTest.mouseClick(self.area.viewport(), Qt.MouseButton.LeftButton, keys, self.area.cell_rect(row).center())

    def drag(self, start, end, keys=NONE):
        view = self.area.viewport()
        QTest.mousePress(view, Qt.MouseButton.LeftButton, keys, start)
        for share in (0.5, 1.0):
            self.move(QPoint(round(start.x() + (end.x() - start.x()) * share),
                             round(start.y() + (end.y() - start.y()) * share)), keys)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, keys, end)

    def move(self, point, keys):
        view = self.area.viewport()
        QApplication.sendEvent(view, QMouseEvent(
            QEvent.Type.MouseMove, QPointF(point), QPointF(view.mapToGlobal(point)), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, keys))

    def key(self, key, keys=NONE):
        QTest.keyClick(self.area, key, keys)

    @property
    def groups(self):
        return self.area.selection.groups.tolist()

    @property
    def selected(self):
        return self.get_output(self.widget.Outputs.selected)

    @property
    def annotated(self):
        return self.get_output(self.widget.Outputs.annotated)
