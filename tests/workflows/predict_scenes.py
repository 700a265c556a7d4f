"""Models that ask for vectors of new pictures in the canvas: the dialog, the window, and what is told when it fails."""

import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from AnyQt.QtCore import QObject, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from orangecanvas.utils.overlay import NotificationWidget

sys.path.append(str(Path(__file__).parents[2]))
from benchmarks.stalls import own_s

BEAT_S = 0.005


class Knocks(QObject):
    """What a thread says to the window every 5 ms, and how late it gets there; `look` is called with each dialog.

    Time in which the window's thread waited for a core, because others had them, makes nothing late.
    """

    _said = Signal(float)

    def __init__(self, look):
        super().__init__()
        self.late_ms = []
        self._look, self._stop = look, threading.Event()
        self._window = Path(f"/proc/self/task/{threading.get_native_id()}")
        self._said.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    def _hear(self, at):
        dialog = next((one for one in QApplication.topLevelWidgets()
                       if isinstance(one, QDialog) and one.isVisible() and one.windowTitle() == "Embedding Pictures"),
                      None)
        if dialog is not None:
            self.late_ms.append(1000 * (own_s(self._window) - at))
            self._look(dialog)

    def _knock(self):
        while not self._stop.wait(BEAT_S):
            self._said.emit(own_s(self._window))

    @contextmanager
    def listening(self):
        """Knock meanwhile."""
        thread = threading.Thread(target=self._knock)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def predict(canvas, folder):
    """Give a model many new pictures; what is shown meanwhile, and what is predicted?"""
    canvas.photograph_workflow("predict-workflow")
    predictions = canvas.open_widget("Predictions", (760, 460))
    viewer = canvas.open_widget("Image Viewer", (760, 460))
    canvas.photograph("predict-predictions", predictions)
    canvas.photograph("predict-viewer", viewer)
    found = {"samples": predicted(viewer._data)}
    lines = []

    def look(dialog):
        _, line = (label.text() for label in dialog.findChildren(QLabel))
        lines.append(line)
        if " left" in line and not found.get("photographed"):
            found["photographed"] = True
            found["title"] = dialog.findChild(QLabel).text()
            found["state"] = canvas.scheme.signal_manager.runtime_state().name
            dialog.grab().save(str(canvas.pictures / "predict-dialog.png"))
            QApplication.primaryScreen().grabWindow(0).save(str(canvas.pictures / "predict-screen.png"))
    knocks = Knocks(look)
    with knocks.listening():
        canvas.widget("Import Images (New)").choose(folder)
        canvas.wait(0.3)
        canvas.wait_until_done()
    late = sorted(knocks.late_ms)
    return {**found, "many": predicted(viewer._data), "lines": list(dict.fromkeys(lines)),
            "beats": len(late), "p99_ms": late[int(0.99 * (len(late) - 1))], "notices": notices(canvas)}


def cancel_predictions(canvas, folder):
    """Give a model many new pictures, and cancel; what is told, and what is predicted?"""
    def look(dialog):
        if " left" in [label.text() for label in dialog.findChildren(QLabel)][1]:
            QTest.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)
    knocks = Knocks(look)
    with knocks.listening():
        canvas.widget("Import Images (New)").choose(folder)
        canvas.wait(0.3)
        canvas.wait_until_done()
    canvas.photograph("predict-notice", canvas.window)
    return {"predicted": predicted(canvas.widget("Image Viewer")._data), "notices": notices(canvas)}


def predict_without_column(canvas, table):
    """Give a model a table whose pictures are in a column of another name, twice; what is told?"""
    source = canvas.widget("File")
    found = []
    for _ in range(2):
        source.add_path(table)
        source.source = source.LOCAL_FILE
        source.load_data()
        canvas.wait(0.3)
        canvas.wait_until_done()
        found.append(notices(canvas))
    canvas.photograph("predict-no-column", canvas.window)
    shown = canvas.window.notification_overlay.currentWidget()
    QTest.mouseClick(shown.dismissButton, Qt.MouseButton.LeftButton)
    canvas.wait(0.2)
    now = canvas.window.notification_overlay.currentWidget()
    return {"notices": found, "shown": shown.text(), "then": now.text(), "is_visible": now.isVisible()}


def predicted(table):
    """By the picture's name: the class that the model gives it."""
    column = table.domain["Logistic Regression"]
    return {str(row["image name"]): str(row[column]) for row in table}


def notices(canvas):
    """Texts of the notifications that the main window shows or will show."""
    canvas.wait(0.2)
    return sorted(one.text() for one in canvas.window.findChildren(NotificationWidget))


PREDICT_SCENES = (predict, cancel_predictions, predict_without_column)
