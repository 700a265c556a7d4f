"""Jobs in threads that may outlive their widget."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from Orange.widgets.utils.concurrent import ConcurrentWidgetMixin


class JobMixin(ConcurrentWidgetMixin):
    """Orange's mixin for widgets that leave a cancelled job to end by itself when they are removed.

    Orange makes the object that a job speaks through a child of the widget, and Qt deletes it with the widget; a job
    that speaks at that moment would take the whole program along.
    """

    def start(self, task: Callable[..., object], *args: object, **kwargs: object) -> None:
        """Start a job in the place of the one before, as `ConcurrentWidgetMixin.start`."""
        super().start(task, *args, **kwargs)
        self.task.setParent(None)

    def _on_task_done(self, future: Future[object]) -> None:
        """As Orange's, which leaves the widget busy, and all below it waiting, where `on_exception` raises.

        It does so with what nobody foresaw, for Orange's window of errors; `on_done` may fail, too.
        """
        try:
            super()._on_task_done(future)
        except Exception:
            self.cancel()
            raise
