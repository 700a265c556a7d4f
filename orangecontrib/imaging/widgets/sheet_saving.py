"""What widgets share that write what they show to a file for print."""

from __future__ import annotations

from Orange.widgets.utils.localization import pl

from ..core.paths import escape_path
from .jobs.printing_out import write_sheet
from .parts.printing import Printed, Sheet
from .parts.save_dialog import ask_where


class SheetSaving:
    """For a widget with jobs: its button *Save Image* writes a sheet whose pictures are read again for print.

    It goes before OWWidget among the bases, which has a `save_graph` of its own. The widget has `printed_sheet()`, the
    messages `Information.saved`, `Warning.not_finished` and `Error.not_saved`, and `begin_job(text, job, …)`; the job
    ends with a `Printed` or an `OutputError`.
    """

    def printed_sheet(self) -> Sheet | None:
        """What is to be written; None while that is not finished."""
        raise NotImplementedError

    def save_graph(self) -> None:
        """Ask where to, and write the sheet in a thread."""
        sheet = self.printed_sheet()
        self.clear_saved()
        self.Warning.not_finished(shown=sheet is None)
        path = ask_where(self, "Save Image", self.captionTitle) if sheet is not None else None
        if path is not None:
            self.begin_job("Saving …", write_sheet, sheet, path)

    def clear_saved(self) -> None:
        """Take back what was said of a file."""
        self.Information.saved.clear()
        self.Warning.not_finished.clear()
        self.Error.not_saved.clear()

    def show_saved(self, printed: Printed) -> None:
        """Say which file was written."""
        unread = f" {printed.unread:,} {pl(printed.unread, 'picture')} could not be read." if printed.unread else ""
        self.Information.saved(f"{escape_path(str(printed.path))} is saved.{unread}")
