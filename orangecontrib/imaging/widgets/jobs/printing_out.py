"""A sheet of pictures written to a file, as a widget's job."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from Orange.widgets.utils.concurrent import TaskState

from ..parts.printing import Printed, Sheet, print_sheet


@dataclass(frozen=True)
class Target:
    """Where a sheet is written to; either its job puts the file there, or somebody gives it up before."""

    path: Path
    _decided: Lock = field(default_factory=Lock)

    def decide(self) -> bool:
        """Whether nobody has decided yet, in any thread; what is asked first, holds."""
        return self._decided.acquire(blocking=False)


def write_sheet(sheet: Sheet, target: Target, state: TaskState) -> Printed:
    """As `print_sheet`; runs in a thread and ends soon after `state` is interrupted."""
    state.set_status("Saving")
    return print_sheet(sheet, target.path, on_progress=lambda fraction: state.set_progress_value(100 * fraction),
                       cancelled=state.is_interruption_requested, may_place=target.decide)
