"""Where a widget's network runs: here, or on a cluster that the user agreed to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from Orange.widgets.settings import Setting
from Orange.widgets.widget import Msg

from ..core.agreement import agree, agreed_hosts
from ..core.errors import OutputError
from .parts.job_texts import DEVICES, PLACES
from .parts.run_rows import RunRows
from .whereabouts import Located


@dataclass(frozen=True)
class Ready:
    """What was found out before a job.

    Attributes:
        located: where the pictures are.
        agreed: what the user agreed to on this computer, schedulers among it.
        reason: why an answer of the user's could not be kept; ``""`` where none was to be, or it was.
    """

    located: Located
    agreed: frozenset[str]
    reason: str = ""


class RunChoice:
    """For a widget that is a `Whereabouts`, too; its messages are among the bases of the widget's.

    A scheduler is told where pictures lie, and what comes from it is run as programs are. So none is called because a
    workflow says so: the user has agreed to its address, in this workflow, on this computer.
    """

    class Error:
        no_answer_kept = Msg("{}")

    class Warning:
        not_agreed = Msg("Nobody is called unless you press Connect: {} is told where the pictures lie, and this "
                         "computer runs what it sends back.")
        no_scheduler = Msg("Enter the address of the cluster's scheduler, such as tcp://10.0.0.5:8786.")

    # not for new widgets: the address of somebody's workflow is not this user's
    run_on: str = Setting("here", schema_only=True)
    scheduler: str = Setting("", schema_only=True)
    device: str = Setting("auto")

    def add_run_rows(self, rows: RunRows, on_change: Callable[[], None], on_connect: Callable[[], None]) -> None:
        """Take the user's choices from these lines.

        `on_change` is called when a choice changed, `on_connect` when a scheduler may be called now.
        """
        self._run_rows, self._on_run_change, self._on_connect = rows, on_change, on_connect
        self._pressed = ""  # the scheduler that the user agreed to since the widget was opened
        self.run_on = self.run_on if self.run_on in list(PLACES) else "here"
        self.device = self.device if self.device in list(DEVICES) else "auto"
        self.scheduler = self.scheduler.strip() if isinstance(self.scheduler, str) else ""
        rows.place_chosen.connect(self._place_chosen)
        rows.device_chosen.connect(self._device_chosen)
        rows.address_given.connect(self._address_given)
        rows.connect_pressed.connect(self._connect_pressed)
        self._show_run_choice()

    @property
    def is_elsewhere(self) -> bool:
        """Whether a cluster is to work."""
        return self.run_on == "cluster"

    def readiness(self) -> Callable[[Located], Ready]:
        """What is to be found out in the thread that finds the pictures, for `locate_later`."""
        if not self.is_elsewhere:
            return partial(Ready, agreed=frozenset())
        return partial(_ready, self.agreement, self._pressed)

    def may_start(self, ready: Ready) -> bool:
        """Whether a job may start now; if not, the user is told what to do."""
        self.Error.no_answer_kept(ready.reason, shown=bool(ready.reason))
        if not self.is_elsewhere:
            return True
        is_agreed = self.scheduler in ready.agreed
        self._run_rows.show_agreed(self.scheduler if is_agreed else "")
        self.Warning.no_scheduler(shown=not self.scheduler)
        self.Warning.not_agreed(self.scheduler, shown=bool(self.scheduler) and not is_agreed)
        return is_agreed

    def ask_nothing(self) -> None:
        """What was asked of the user, before the last job or in place of it, is asked no more."""
        for message in (self.Error.no_answer_kept, self.Warning.not_agreed, self.Warning.no_scheduler):
            message.clear()

    def _show_run_choice(self) -> None:
        self._run_rows.show_choice(self.run_on, self.device, self.scheduler)

    def _place_chosen(self, place: str) -> None:
        self.run_on = place
        self._show_run_choice()
        self._on_run_change()

    def _device_chosen(self, device: str) -> None:
        self.device = device
        self._on_run_change()

    def _address_given(self, address: str) -> None:
        if address != self.scheduler:
            self.scheduler = address
            self._on_run_change()

    def _connect_pressed(self, address: str) -> None:
        self.scheduler = self._pressed = address
        self.agreement = self.agreement or uuid4().hex
        self._run_rows.show_agreed(address)
        self._on_connect()


def _ready(agreement: str, pressed: str, located: Located) -> Ready:
    """Keep what the user agreed to, if anything, and tell it with all that was kept before."""
    try:
        return Ready(located, agree(agreement, [pressed]) if pressed else agreed_hosts(agreement))
    except OutputError as error:
        return Ready(located, frozenset(), str(error))
