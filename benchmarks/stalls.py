"""How long the event loop was held at the most, and by what."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from time import perf_counter

_THIS_THREAD = Path("/proc/thread-self")  # of Linux
_LOOK_S, _WORTH_A_LOOK_S = 0.01, 0.05


class Stalls:
    """Watches the thread that it is made in, as a context: `longest_ms`, and `cause`: what ran in it for longest.

    A stall is a time in which the program answers nothing: neither mouse nor keyboard, nor a timer. The time in which
    the thread waited for a core, because other threads or programs had them, is not counted where the system tells it.
    """

    def __init__(self) -> None:
        self.longest_ms, self.cause = 0.0, ""
        self._seen: dict[str, int] = {}
        self._all: list[tuple[float, str]] = []
        self._thread, self._ended = threading.get_ident(), threading.Event()

    def __enter__(self) -> Stalls:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """Start to watch."""
        from AnyQt.QtCore import QTimer
        self._beat, self._own = perf_counter(), own_s()
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._on_beat)
        self._timer.start()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def end(self) -> None:
        """Watch no more."""
        self._on_beat()
        self._timer.stop()
        self._ended.set()
        self._watcher.join()

    def longest(self, count: int) -> list[tuple[float, str]]:
        """The longest stalls, in milliseconds, each with its cause."""
        return sorted(self._all, reverse=True)[:count]

    def _on_beat(self) -> None:
        now = own_s()
        took_ms, seen = 1000 * (now - self._own), dict(self._seen)
        cause = max(seen, key=seen.get, default="")
        self._all.append((took_ms, cause))
        self.longest_ms, self.cause = max((self.longest_ms, self.cause), (took_ms, cause))
        self._seen = {}
        self._own, self._beat = now, perf_counter()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_S):
            if perf_counter() - self._beat > _WORTH_A_LOOK_S:
                place = _place(sys._current_frames().get(self._thread))
                self._seen[place] = self._seen.get(place, 0) + 1


def _place(frame: object) -> str:
    """The nearest function of a widget, as ``Orange owmds.py update_pairs``; else Qt, or the wait for Python's lock."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if "widgets" in path.parts or ("imaging" in path.parts and "workflow" not in path.parts):
            return f"{'our' if 'imaging' in path.parts else 'Orange'} {path.name} {frame.f_code.co_name}"
        frame = frame.f_back
    return "Qt, or Python's lock"


def own_s(thread: Path = _THIS_THREAD) -> float:
    """Seconds, without those in which a thread waited for a core where the system tells them; its folder in /proc."""
    scheduling = thread / "schedstat"  # nanoseconds of running, of waiting for a core, turns
    waited_ns = int(scheduling.read_text().split()[1]) if scheduling.exists() else 0
    return perf_counter() - waited_ns / 1e9
