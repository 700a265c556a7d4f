"""The way to a cluster: a scheduler that runs, workers started on this computer, or jobs of Slurm."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ..device import usable_cores
from ..errors import WorkerError, WrongUse, first_line
from ..paths import escape_path
from . import local_worker
from .addresses import ADDRESS, LOCAL, SchedulerChoice
from .quiet import SILENT, quiet_dask
from .slurm import SlurmJobs, read_slurm

_HERE = "127.0.0.1"
_USUAL_PORT = 8787  # of Dask's dashboard
_CORES_A_WORKER = 4
_CONNECT_S = 8.0
_FIRST_ANSWER_S = 300.0  # of a worker, where somebody else started the scheduler
_ENDING_S = 10.0
# Dask looks a hundred times a second at what a worker does, which takes time from the pictures.
_UNWATCHED = {"distributed.worker.profile.enabled": False}
_UNWATCHED_LINE = "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False"

Note = Callable[[str], None]


@dataclass(frozen=True)
class OpenCluster:
    """A cluster that is ready for work.

    Attributes:
        client: a `distributed.Client`, in a thread of its own.
        title: for people, such as ``"2 workers on this computer"``.
        dashboard: the address of Dask's own dashboard; ``""``: it has none.
        threads: how many each worker is to use; None: as many as Dask gave it.
        patience_s: how long to wait for the first worker; None: for ever.
    """

    client: Any
    title: str
    dashboard: str = ""
    threads: int | None = None
    patience_s: float | None = None


@contextmanager
def open_cluster(choice: SchedulerChoice, *, on_note: Note = lambda sentence: None) -> Iterator[OpenCluster]:
    """Connect to a scheduler, or start one; what was started here ends with the block.

    What is started on this computer listens on its loopback address only. That of Slurm's jobs listens on the network
    of the cluster, which `on_note` tells.

    Args:
        on_note: called with sentences for the user.

    Raises:
        WrongUse: Dask is not installed; the file for Slurm is not right; or there is no scheduler at the address.
        WorkerError: what should be started does not start.
    """
    with quiet_dask():
        if choice.kind == ADDRESS:
            opened = _existing(choice.address)
        elif choice.kind == LOCAL:
            opened = _local(choice.workers)
        else:
            opened = _slurm(choice.file)
        with opened as cluster:
            where = f"Dask's dashboard: {cluster.dashboard}" if cluster.dashboard else _no_dashboard()
            on_note(f"{cluster.title}. {where}")
            if choice.kind not in (ADDRESS, LOCAL):
                on_note(f"The scheduler listens at {cluster.client.scheduler.address}, which others on that network "
                        "can reach: it runs what they send. Use it on a network that you trust.")
            yield cluster


@contextmanager
def _existing(address: str) -> Iterator[OpenCluster]:
    with _connected(address, address) as client:
        yield OpenCluster(client, f"Dask cluster at {address}", _dashboard(client, address), patience_s=_FIRST_ANSWER_S)


@contextmanager
def _local(workers: int | None) -> Iterator[OpenCluster]:
    """So many processes on this computer, that share its cores."""
    import dask
    from distributed import LocalCluster
    count = workers or max(1, usable_cores() // _CORES_A_WORKER)
    with ExitStack() as ending:
        folder = ending.enter_context(_own_folder())
        ending.enter_context(dask.config.set(_UNWATCHED))
        try:
            started = LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, host=_HERE, memory_limit=0, silence_logs=SILENT,
                dashboard_address=f"{_HERE}:{_free_port()}", local_directory=folder, preload=[local_worker.__name__])
        except (OSError, RuntimeError) as error:
            raise WorkerError(f"{_counted(count)} could not be started on this computer ({first_line(error)}). Ask for "
                              "fewer, such as local:1.") from error
        ending.callback(_close, started)
        client = ending.enter_context(_connected(started, started.scheduler_address))
        yield OpenCluster(client, f"{_counted(count)} on this computer", _dashboard(client, started.scheduler_address),
                          threads=max(1, usable_cores() // count), patience_s=_FIRST_ANSWER_S)


@contextmanager
def _slurm(file: str) -> Iterator[OpenCluster]:
    """A scheduler here, and workers in jobs that Slurm starts when it is their turn."""
    asked = read_slurm(file)
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise WrongUse("Jobs of Slurm need dask-jobqueue, which is not installed here. Install it: "
                       "pip install dask-jobqueue") from error
    with ExitStack() as ending:
        ending.enter_context(_own_folder())
        try:
            started = SLURMCluster(**_slurm_arguments(asked), silence_logs=SILENT)
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            raise WrongUse(f"{escape_path(file)}: Dask cannot start a scheduler with this description "
                           f"({first_line(error)}).") from error
        ending.callback(_close, started)

        async def ask() -> None:
            """Hand all jobs in, and learn what Slurm says."""
            started.scale(jobs=asked.jobs)
            await started._correct_state()

        try:
            started.sync(ask)
        except (OSError, RuntimeError, ValueError) as error:
            raise _no_jobs(file, error) from error
        client = ending.enter_context(_connected(started, started.scheduler_address))
        yield OpenCluster(client, f"{asked.jobs:,} {'job' if asked.jobs == 1 else 'jobs'} asked of Slurm",
                          _dashboard(client, started.scheduler_address))


def _slurm_arguments(asked: SlurmJobs) -> dict[str, Any]:
    """What is asked for, and where the scheduler listens: for workers on their network alone, for people here."""
    from distributed.utils import get_ip
    network = asked.arguments.get("interface")
    scheduler = {"dashboard_address": f"{_HERE}:{_free_port()}",
                 **({"interface": network} if network else {"host": get_ip()})}
    prologue = [_UNWATCHED_LINE, *asked.arguments.get("job_script_prologue", ())]
    return {"processes": 1, **asked.arguments, "job_script_prologue": prologue, "scheduler_options": scheduler}


@contextmanager
def _own_folder() -> Iterator[str]:
    """A folder for what Dask writes, removed afterwards."""
    import dask
    with (tempfile.TemporaryDirectory(prefix="orange-imaging-dask-", ignore_cleanup_errors=True) as folder,
          dask.config.set({"temporary-directory": folder})):
        yield folder


def _close(started: Any) -> None:
    """End what was started; Dask stumbles, once all else has ended, over a job that Slurm never took."""
    with suppress(AssertionError, OSError):
        started.close(timeout=_ENDING_S)


@contextmanager
def _connected(scheduler: Any, address: str) -> Iterator[Any]:
    """A client that is nobody's default one."""
    from distributed import Client

    class OwnClient(Client):  # type: ignore[misc]  # Dask ships no types
        """Closed by us; one that never connected would complain when it is forgotten."""

        def __del__(self) -> None:
            """Nothing."""

    if isinstance(scheduler, str):
        _knock(address)
    try:
        client = OwnClient(scheduler, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise WrongUse(_unreachable(address, "what is there does not talk as Dask does")) from error
    except (TypeError, ValueError, RuntimeError, ImportError) as error:
        raise WrongUse(_refused(address, first_line(error))) from error
    try:
        yield client
    finally:
        client.close(timeout=_ENDING_S)


def _knock(address: str) -> None:
    """See that something listens there: a refusal is known at once, where Dask would try again and again."""
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except socket.gaierror as error:
        raise WrongUse(_unreachable(address, "no computer of this name is known here")) from error
    except OSError as error:
        raise WrongUse(_unreachable(address, (error.strerror or str(error)).lower())) from error


def _unreachable(address: str, reason: str) -> str:
    tls = (" It may not take the certificates that Dask's configuration names on this computer "
           "(distributed.comm.tls)." if address.startswith("tls://") else "")
    return (f"No Dask scheduler answers at {address} ({reason}).{tls} See that `dask scheduler` runs there and says "
            "this address, and that no firewall lies between.")


def _refused(address: str, reason: str) -> str:
    if address.startswith("tls://"):
        return (f"{address} asks for encryption, which is not set up on this computer ({reason}). Name certificates in "
                "Dask's configuration: distributed.comm.tls.ca-file, and client.cert and client.key below it.")
    return f"The Dask scheduler at {address} cannot be worked with ({reason}). Install the same version of Dask here."


def _no_jobs(file: str, error: Exception) -> WorkerError:
    said = str(error).strip().splitlines()[-1:] or [type(error).__name__]  # what `sbatch` says comes last
    return WorkerError(f"{escape_path(file)}: Slurm took no job ({said[0].strip()[:200]}). Run this where "
                       "`sbatch` works, and look at queue and account.")


def _dashboard(client: Any, address: str) -> str:
    """Where people look; ``""`` where the scheduler has none."""
    if client.cluster is not None:
        return str(client.cluster.dashboard_link) if _has_bokeh() else ""
    port = client.scheduler_info(n_workers=0).get("services", {}).get("dashboard")
    host = address.partition("://")[2].rpartition(":")[0]
    return f"http://{host}:{port}/status" if port else ""


def _has_bokeh() -> bool:
    from importlib.util import find_spec
    return find_spec("bokeh") is not None


def _no_dashboard() -> str:
    return "Dask's dashboard is not there" + ("." if _has_bokeh() else "; it needs bokeh: pip install bokeh")


def _free_port() -> int:
    """The usual port of Dask's dashboard where it is free, else 0: any."""
    with socket.socket() as trial:
        try:
            trial.bind((_HERE, _USUAL_PORT))
        except OSError:
            return 0
    return _USUAL_PORT


def _counted(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers:,} workers"
