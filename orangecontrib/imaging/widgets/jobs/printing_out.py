"""A sheet of pictures written to a file, as a widget's job."""

from __future__ import annotations

from pathlib import Path

from Orange.widgets.utils.concurrent import TaskState

from ..parts.printing import Printed, Sheet, print_sheet


def write_sheet(sheet: Sheet, path: Path, state: TaskState) -> Printed:
    """As `print_sheet`; runs in a thread and ends soon after `state` is interrupted."""
    state.set_status("Saving")
    return print_sheet(sheet, path, on_progress=lambda fraction: state.set_progress_value(100 * fraction),
                       cancelled=state.is_interruption_requested)
