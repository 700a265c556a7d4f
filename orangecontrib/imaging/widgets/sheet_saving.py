"""What widgets share that write what they show to a file for print."""

from __future__ import annotations

from collections.abc import Callable

from Orange.widgets.utils.localization import pl
from Orange.widgets.widget import Msg

from ..core.paths import escape_path
from .jobs.printing_out import Target, write_sheet
from .parts.printing import Printed, Sheet
from .parts.save_dialog import ask_where


class SheetSaving:
    """For a widget with jobs: its button *Save Image* writes a sheet whose pictures are read again for print.

    It goes before OWWidget among the bases, which has a `save_graph` of its own, and its messages among those of the
    widget's. The widget has `printed_sheet()` and `begin_job(text, job, …)`; the job ends with a `Printed` or an
    `OutputError`.
    """

    class Error:
        not_saved = Msg("{}")

    class Warning:
        not_finished = Msg("There is no finished layout to save. Wait for it, or press Lay Out Again.")
        broken_off = Msg("{} is not saved, because something changed meanwhile. Save it again.")

    class Information:
        saved = Msg("{}")

    _target: Target | None = None

    def printed_sheet(self) -> Sheet | None:
        """What is to be written; None while that is not finished."""
        raise NotImplementedError

    def save_graph(self) -> None:
        """Ask where to, and write the sheet in a thread."""
        self.clear_saved()
        self.Warning.broken_off.clear()
        if self._finished_sheet() is None:
            self.Warning.not_finished()
            return
        path = ask_where(self, "Save Image", self.captionTitle)
        if path is None:
            return
        if sheet := self._finished_sheet():  # other data may have come while the dialog was open
            self.begin_job("Saving …", write_sheet, sheet, Target(path))
        else:
            self.Warning.broken_off(escape_path(str(path)))

    def _finished_sheet(self) -> Sheet | None:
        """What is to be written; None while it is not there, or a job makes another one of it."""
        is_changing = self.task is not None and self._target is None
        return None if is_changing else self.printed_sheet()

    def start(self, task: Callable[..., object], *given: object, **named: object) -> None:
        """Start a job; a file that is being saved is then not, which is said."""
        self.give_up_saving(is_asked=False)
        super().start(task, *given, **named)
        self._target = given[1] if task is write_sheet else None

    def cancel(self) -> None:
        """Stop the job, as `start`."""
        self.give_up_saving(is_asked=False)
        super().cancel()

    def end_saving(self) -> bool:
        """Whether a file was being saved, which has come to its end."""
        target, self._target = self._target, None
        return target is not None

    def give_up_saving(self, *, is_asked: bool = True) -> bool:
        """Whether a file was being saved; it is not any more, and where the user did not ask for that, it is said."""
        if self._target is not None:
            name = escape_path(str(self._target.path))
            if not self._target.decide():
                self.Information.saved(f"{name} is saved.")  # a moment ago
            elif not is_asked:
                self.Warning.broken_off(name)
        return self.end_saving()

    def clear_saved(self) -> None:
        """Take back what was said of a file."""
        self.Information.saved.clear()
        self.Warning.not_finished.clear()
        self.Error.not_saved.clear()

    def show_saved(self, printed: Printed) -> None:
        """Say which file was written."""
        unread = f" {printed.unread:,} {pl(printed.unread, 'picture')} could not be read." if printed.unread else ""
        self.Information.saved(f"{escape_path(str(printed.path))} is saved.{unread}")
