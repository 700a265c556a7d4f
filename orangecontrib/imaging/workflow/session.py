"""Orange's canvas classes without a canvas: one workflow, its widgets, and what they send.

The signals of `SignalManager` do not tell the end: `finished` comes only when a widget gets its
inputs, so a workflow whose last widget works on its own never ends (orange-canvas-core 0.2). Here a
workflow has ended when no widget is working, waiting or due for `QUIET_S`.
"""

from __future__ import annotations

import io
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from itertools import takewhile
from pathlib import Path
from re import sub
from traceback import walk_stack, walk_tb
from types import TracebackType
from typing import Any

from AnyQt.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from AnyQt.QtWidgets import QApplication
from orangecanvas.scheme import SchemeNode
from orangewidget.utils.signals import LazyValue
from orangewidget.widget import OWBaseWidget
from orangewidget.workflow.widgetsscheme import WidgetsScheme

from .application import discover_widgets, start_application

QUIET_S = 0.5
_POLL_S = 0.02
_AWAY_S = 1.0

_log = logging.getLogger(__name__)


class StalledError(Exception):
    """Nothing moved for too long; the text names the widgets that still work."""


class Session:
    """One workflow with its widgets, from loading to closing.

    Attributes:
        failures: (title of the widget or ``""``, what happened), in the order they happened.
        sent: what each widget sent last, by node and name of the output.
    """

    def __init__(self, content: bytes, folder: Path) -> None:
        """Load a workflow; its widgets are made by `run`.

        Args:
            content: of the ``.ows`` file.
            folder: the one that relative paths in the workflow start from.
        """
        start_application()
        self.failures: list[tuple[str, str]] = []
        self.sent: dict[tuple[SchemeNode, str], Any] = {}
        self._moved_at = time.monotonic()
        self._interrupted = False
        self._scheme = WidgetsScheme()
        self._scheme.set_runtime_env("basedir", str(folder.resolve()))
        self._record_signals()
        self._scheme.signal_manager.pause()
        self._scheme.load_from(io.BytesIO(content), registry=discover_widgets(),
                               error_handler=self._not_loaded)

    @property
    def nodes(self) -> list[SchemeNode]:
        """The widgets' places in the workflow, in the order of the file."""
        return list(self._scheme.nodes)

    def widgets(self) -> Iterator[tuple[SchemeNode, OWBaseWidget]]:
        """Each node with its widget; those whose widget could not be made are left out."""
        for node in self.nodes:
            widget = self._scheme.widget_for_node(node)
            if widget is not None:
                yield node, widget

    def outputs(self) -> Iterator[tuple[SchemeNode, str, Any]]:
        """Node, name of the output, and its value, in the order of the workflow."""
        for node in self.nodes:
            for channel in node.description.outputs:
                value = self.sent.get((node, channel.name))
                lazy = LazyValue.is_lazy(value)
                yield node, channel.name, value.get_value() if lazy else value

    def has_data(self, node: SchemeNode) -> bool:
        """Whether a widget was sent anything; one that waits for a choice was not."""
        links = self._scheme.find_links(sink_node=node)
        sent = [self.sent.get((link.source_node, link.source_channel.name)) for link in links if link.enabled]
        return not links or any(value is not None for value in sent)

    def run(self, stall_s: float, prepare: Callable[[OWBaseWidget], None]) -> None:
        """Make all widgets, let the data flow, and come back when all is done.

        Args:
            stall_s: the longest time without any movement, in seconds.
            prepare: called with each widget before any data reaches it.

        Raises:
            StalledError: a widget has been working for `stall_s` without a sign of life.
        """
        previous, sys.excepthook = sys.excepthook, self._raised
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # libraries warning their programmers
                # From the event loop: what a widget raises then reaches `_raised`, not this call.
                for node in self.nodes:
                    QTimer.singleShot(0, partial(self._make_widget, node, prepare))
                QTimer.singleShot(0, self._scheme.signal_manager.resume)
                self._wait_for_end(stall_s)
        finally:
            sys.excepthook = previous

    def messages(self, severity: int) -> list[tuple[str, str]]:
        """Return what widgets show now as (title, text); `severity` is that of its group."""
        return [(node.title, _plain(message.formatted)) for node, widget in self.widgets()
                for group in widget.message_groups if group.severity == severity
                for message in group.active]

    def close(self) -> None:
        """Stop what still works and remove the widgets."""
        self._scheme.signal_manager.stop()
        QApplication.sendEvent(self._scheme, QEvent(QEvent.Type.Close))
        for _ in range(2):
            QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete))
            QApplication.processEvents()

    def _record_signals(self) -> None:
        manager = self._scheme.signal_manager
        deliver = manager.send

        def send(widget: OWBaseWidget, channel: str, value: Any, *more: Any, **named: Any) -> None:
            self.sent[self._scheme.node_for_widget(widget), channel] = value
            self._move()
            deliver(widget, channel, value, *more, **named)

        manager.send = send

    def _make_widget(self, node: SchemeNode, prepare: Callable[[OWBaseWidget], None]) -> None:
        widget = self._scheme.widget_for_node(node)
        widget.saveSettings = lambda: None  # or they would be the defaults of the next workflow
        for signal in (widget.progressBarValueChanged, widget.processingStateChanged,
                       widget.widgetStateChanged, widget.statusMessageChanged):
            signal.connect(self._move)
        prepare(widget)

    def _wait_for_end(self, stall_s: float) -> None:
        """Keep the event loop going until it has been quiet for `QUIET_S`."""
        quiet_since = looked_at = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            time.sleep(_POLL_S)
            if self._interrupted:
                raise KeyboardInterrupt
            now = time.monotonic()
            away_s, looked_at = now - looked_at, now
            if away_s > _AWAY_S:
                self._move()  # a widget held the event loop: it is slow, not stuck
            busy = self._busy()
            if busy or away_s > QUIET_S / 2:  # while it is held nothing can be told from silence
                quiet_since = now
            if busy and now - self._moved_at > stall_s:
                raise StalledError(", ".join(busy))

    def _busy(self) -> list[str]:
        """Titles of the widgets that work, wait for data, or announced new output."""
        manager = self._scheme.signal_manager
        if manager.state() != manager.Running:
            return ["Orange"]
        nodes = {*manager.active_nodes(), *manager.blocking_nodes(), *manager.pending_nodes(),
                 *manager.invalidated_nodes()}
        return [node.title for node in self.nodes if node in nodes]

    def _move(self, *_: object) -> None:
        self._moved_at = time.monotonic()

    def _not_loaded(self, error: Exception) -> None:
        self.failures.append(("", f"cannot be loaded: {error}"))

    def _raised(self, kind: type[BaseException], error: BaseException,
                trace: TracebackType | None) -> None:
        """In the place of `sys.excepthook`: whatever is raised in the event loop comes here."""
        if issubclass(kind, KeyboardInterrupt):
            self._interrupted = True
        else:
            _log.debug("raised in the event loop", exc_info=(kind, error, trace))
            node = self._at_fault(trace)
            self.failures.append((node.title if node else "", f"{kind.__name__}: {error}"))
            if node:
                self._give_up(node)

    def _at_fault(self, trace: TracebackType | None) -> SchemeNode | None:
        """Find the widget nearest to where it was raised; the trace of a job leads out of its thread."""
        if trace is None:
            return None
        callers = takewhile(lambda one: one[0].f_code is not Session._wait_for_end.__code__, walk_stack(trace.tb_frame))
        for frame, _ in [*reversed([*walk_tb(trace)]), *callers]:
            node = frame.f_locals.get("node")
            if isinstance(owner := frame.f_locals.get("self"), OWBaseWidget):
                node = self._scheme.node_for_widget(owner)
            if isinstance(node, SchemeNode):
                return node
        return None

    def _give_up(self, node: SchemeNode) -> None:
        """Take back what a failed widget announced: it would be waited for, and so would all after it.

        `ConcurrentWidgetMixin` raises what its job raised before it takes that back itself.
        """
        widget = self._scheme.widget_for_node(node)
        if widget is None or getattr(widget, "task", None) is not None:  # something else failed, and its job goes on
            return
        widget.progressBarFinished()
        widget.setBlocking(False)
        manager = self._scheme.signal_manager
        if manager.has_invalidated_outputs(node):
            for channel in node.output_channels():
                manager.send(widget, channel.name, None)


def _plain(text: str) -> str:
    """Write a message without its markup, on one line."""
    return " ".join(unescape(sub(r"<[^>]*>", " ", text)).split())
