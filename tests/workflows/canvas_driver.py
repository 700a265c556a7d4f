"""Orange's own canvas in this process, driven by mouse events, and its heartbeat."""

import json
import time
from contextlib import contextmanager

from AnyQt.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from AnyQt.QtGui import QCursor, QMouseEvent, QWheelEvent
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QApplication, QPushButton
from numbered import badges

LONGEST_S = 180
QUIET_S = 0.5
POLL_MS = 20
BEAT_MS = 5


class Canvas:
    """Orange's main window with one workflow."""

    def __init__(self, main, pictures):
        self.main = main
        self.window = main.window
        self.pictures = pictures

    @property
    def scheme(self):
        return self.window.current_document().scheme()

    def open(self, flow):
        """Open a workflow as File > Open would, and wait until its widgets are done."""
        self.window.show()
        self.window.resize(1180, 700)
        self.window.open_scheme_file(str(flow))
        self.wait_until(lambda: len(self.scheme.nodes) > 0)
        self.wait_until_done()

    def node(self, title):
        return next(node for node in self.scheme.nodes if node.title == title)

    def widget(self, title):
        return self.scheme.widget_for_node(self.node(title))

    def open_widget(self, title, size=None):
        """Double-click a widget's icon; its window comes up."""
        view = self.window.current_document().view()
        item = self.window.current_document().scene().item_for_node(self.node(title))
        view.ensureVisible(item)
        place = view.mapFromScene(item.shapeItem.sceneBoundingRect().center())
        # As a hand does it: press, release, double-click, release.
        for event in (QTest.mouseClick, QTest.mouseDClick, QTest.mouseRelease):
            event(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        widget = self.widget(title)
        self.wait_until(widget.isVisible)
        if size:
            widget.resize(*size)
        self.wait(0.3)
        return widget

    def wait(self, seconds):
        """Let Qt's own event loop run."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def wait_until(self, ready, seconds=LONGEST_S):
        """Let Qt's own event loop run until `ready` says so; it is asked every 20 ms."""
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise TimeoutError(f"still waiting for {ready}")
            self.wait(POLL_MS / 1000)

    def busy(self):
        manager = self.scheme.signal_manager
        return {*manager.active_nodes(), *manager.blocking_nodes(), *manager.pending_nodes(),
                *manager.invalidated_nodes()}

    def wait_until_done(self):
        """Wait until all widgets are there, and none has worked for half a second."""
        for node in self.scheme.nodes:
            self.scheme.widget_for_node(node)
        worked_at = time.monotonic()

        def quiet():
            nonlocal worked_at
            if self.busy():
                worked_at = time.monotonic()
            return time.monotonic() - worked_at > QUIET_S

        self.wait_until(quiet)

    def photograph(self, name, widget, numbered=""):
        """Keep what a window looks like, once its hints are put away and its pictures are there.

        `numbered` names the help page whose numbers are kept beside it, with their places.
        """
        for button in widget.findChildren(QPushButton):
            if button.isVisible() and button.text() == "Ok, got it":
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait(1.0)
        taken = widget.grab()
        if not taken.save(str(self.pictures / f"{name}.png")):
            raise OSError(f"{name}.png was not written")
        if numbered:
            finer = taken.devicePixelRatio()  # dots of the picture for each of the widget's
            places = [(number, round(finer * x), round(finer * y)) for number, x, y in badges(widget, numbered)]
            (self.pictures / f"{name}.json").write_text(json.dumps(places), encoding="ascii")

    def photograph_workflow(self, name):
        """Keep what the workflow looks like, with no widget chosen."""
        document = self.window.current_document()
        document.scene().clearSelection()
        self.photograph(name, document.view())


class Heartbeat:
    """How late a 5 ms timer of the event loop is."""

    def __init__(self):
        self.late_ms = []
        self._beat_at = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def _beat(self):
        now = time.perf_counter()
        self.late_ms.append(max(0.0, 1000 * (now - self._beat_at) - BEAT_MS))
        self._beat_at = now

    def stop(self):
        """Return the 99th percentile and the maximum, in ms."""
        self._timer.stop()
        late = sorted(self.late_ms)
        return {"beats": len(late), "p99_ms": late[int(0.99 * (len(late) - 1))], "max_ms": late[-1]}


@contextmanager
def canvas(pictures):
    """Orange as `python -m Orange.canvas` starts it, up to its main window."""
    from Orange.widgets.utils import webview  # noqa: F401, I001  Qt wants it before the application
    from Orange.canvas.__main__ import OMain
    from orangecanvas.application.outputview import TerminalTextDocument
    from orangecanvas.registry import set_global_registry

    main = OMain()
    main.parse_arguments(["orange", "--no-welcome", "--no-splash"])
    main.activate_default_config()
    main.setup_application()
    set_global_registry(main.run_discovery())
    main.output = TerminalTextDocument()
    window = main.setup_main_window()
    opened = Canvas(main, pictures)
    try:
        yield opened
    finally:
        window.current_document().setModified(False)
        window.close()
        opened.wait(0.1)
        # As OMain.run ends: Qt's objects go while its application is there.
        del window, opened.window, main.window
        main.tear_down_application()


def click(view, scene_position):
    """Press and release the left button over a place in a graphics scene."""
    view.ensureVisible(scene_position.x(), scene_position.y(), 1, 1)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
                     view.mapFromScene(scene_position))


def drag(widget, points, keys=Qt.KeyboardModifier.NoModifier, during=None):
    """Press the left button at the first of some places of a widget, move over the others, and release it.

    `during` is called before the button is released.
    """
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(widget, left, keys, points[0])
    for point in points[1:]:
        where = widget.mapToGlobal(point)
        QCursor.setPos(where)
        QApplication.sendEvent(widget, QMouseEvent(
            QEvent.Type.MouseMove, QPointF(point), QPointF(where), Qt.MouseButton.NoButton, left, keys))
    if during is not None:
        during()
    QTest.mouseRelease(widget, left, keys, points[-1])


def turn_wheel(widget, point, notches):
    """Turn the wheel over a place of a widget, away from oneself where `notches` is above 0."""
    for _ in range(abs(notches)):
        QApplication.sendEvent(widget, QWheelEvent(
            QPointF(point), QPointF(widget.mapToGlobal(point)), QPoint(), QPoint(0, 120 if notches > 0 else -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))
