"""A sheet that is saved as slowly as a test needs it."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from orangecontrib.imaging.widgets import sheet_saving
from orangecontrib.imaging.widgets.jobs import printing_out
from orangecontrib.imaging.widgets.parts.printing import print_sheet


class SlowSave:
    """The thread of a save: it waits for `finish`, and does not notice that it is stopped."""

    def __init__(self):
        self._goes_on, self._ended = threading.Event(), threading.Event()

    def write(self, sheet, path, *, on_progress, cancelled, may_place):
        """In the place of `print_sheet`."""
        assert self._goes_on.wait(60)
        try:
            return print_sheet(sheet, path, may_place=may_place)
        finally:
            self._ended.set()

    def finish(self):
        """Let it write, and wait until it did."""
        self._goes_on.set()
        assert self._ended.wait(60)


@contextmanager
def slow_save(widget, path):
    """A widget has begun to save to `path`; at the end the thread has ended."""
    save = SlowSave()
    started = threading.Event()

    def write(*given, **named):
        is_first = not started.is_set()
        started.set()
        return (save.write if is_first else print_sheet)(*given, **named)

    with patch.object(printing_out, "print_sheet", write), patch.object(sheet_saving, "ask_where", return_value=path):
        widget.save_graph()
        assert started.wait(60)
        yield save
        save.finish()
