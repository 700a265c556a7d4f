"""Real runs of worker processes, each held to one core: parts without a server, and workers of a Dask cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.dispatch import dispatch
from orangecontrib.imaging.core.cluster.opening import OpenCluster, open_cluster
from orangecontrib.imaging.core.cluster.reception import Invitation
from orangecontrib.imaging.core.device import usable_cores
from orangecontrib.imaging.core.shards.job import Job

EMBED = (sys.executable, "-P", "-m", "orangecontrib.imaging", "embed")
_WAIT_S = 60.0
_CPU = ("--device", "cpu")


@dataclass(frozen=True)
class Ran:
    """Seconds of the embedding itself, and from start to end; of several processes, of the slowest."""

    seconds: float
    wall_s: float


def run_parts(source: Path, count: int, shard_size: int) -> Ran:
    """`count` processes, one a part of the shards, into one folder; no server."""
    with tempfile.TemporaryDirectory() as out:
        begun = time.perf_counter()
        processes = [_embed(source, Path(out, "shards"), shard_size, place, "--shard", f"{place + 1}/{count}")
                     for place in range(count)]
        reports = [_report(process) for process in processes]
        return Ran(max(report["seconds"] for report in reports), time.perf_counter() - begun)


def run_dask(source: Path, count: int, shard_size: int) -> Ran:
    """`count` workers of one thread, under a scheduler on the loopback address; they have worked before."""
    with scheduler() as address, workers(address, count), tempfile.TemporaryDirectory() as out:
        _report(_embed(source, Path(out, "before"), shard_size, None, "--scheduler", address))
        begun = time.perf_counter()
        process = _embed(source, Path(out, "shards"), shard_size, None, "--scheduler", address)
        return Ran(_report(process)["seconds"], time.perf_counter() - begun)


def task_terms(tasks: int, count: int) -> dict[str, float]:
    """Seconds of client and scheduler for a task without work, and the scheduler's memory."""
    with scheduler() as address:
        [process] = [one for one in psutil.Process().children() if "scheduler" in " ".join(one.cmdline())]
        memory = [process.memory_info().rss]
        with workers(address, count), open_cluster(parse_scheduler(address)) as cluster:
            _dispatch(cluster, 2 * count)  # all have been greeted
            memory.append(process.memory_info().rss)
            seconds = [_seconds(cluster, tasks), _seconds(cluster, tasks)]
            memory.append(process.memory_info().rss)
    return {"task_s": min(seconds) / tasks, "scheduler_bytes": memory[0],
            "worker_bytes": max(0.0, (memory[1] - memory[0]) / count),
            "task_bytes": max(0.0, (memory[2] - memory[1]) / (2 * tasks))}


def nothing(job: Job, payload: object, is_unwanted: object) -> object:
    """What a worker does where only the way there and back counts."""
    return payload


def _seconds(cluster: OpenCluster, tasks: int) -> float:
    begun = time.perf_counter()
    _dispatch(cluster, tasks)
    return time.perf_counter() - begun


def _dispatch(cluster: OpenCluster, tasks: int) -> None:
    for _ in dispatch(cluster, nothing, Invitation(Job("squeezenet", device="cpu")), ((one, one) for one in
                                                                                      range(tasks))):
        pass


@contextmanager
def scheduler() -> Iterator[str]:
    """A scheduler of its own process; its address."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        file = Path(folder, "scheduler.json")
        command = [sys.executable, "-P", "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                   "--no-dashboard", "--no-show", "--scheduler-file", str(file)]
        _started(ending, command, None)
        end = time.monotonic() + _WAIT_S
        while not file.exists() or not file.read_text():
            if time.monotonic() > end:
                raise RuntimeError("the scheduler did not start")
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]


@contextmanager
def workers(address: str, count: int) -> Iterator[None]:
    """So many worker processes, each held to a core, until they are all known to the scheduler."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as ending:
        for place in range(count):
            command = [sys.executable, "-P", "-m", "distributed.cli.dask_worker", address, "--nthreads", "1",
                       "--no-dashboard", "--no-nanny", "--memory-limit", "0", "--host", "127.0.0.1",
                       "--local-directory", folder]
            _started(ending, command, place)
        _wait_for(address, count)
        yield


def _wait_for(address: str, count: int) -> None:
    from distributed import Client
    with Client(address, set_as_default=False, timeout=_WAIT_S) as client:
        client.wait_for_workers(count, timeout=_WAIT_S)


def _started(ending: ExitStack, command: list[str], place: int | None) -> None:
    unwatched = {**os.environ, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}  # as the workers that we start
    process = ending.enter_context(subprocess.Popen(command, env=unwatched, stdout=subprocess.DEVNULL,
                                                    stderr=subprocess.DEVNULL))
    ending.callback(process.kill)
    _hold(process.pid, place)


def _embed(source: Path, out: Path, shard_size: int, place: int | None, *more: str) -> subprocess.Popen[str]:
    command = [*EMBED, str(source), "-o", f"{out}/", "--shard-size", str(shard_size), "--json", *_CPU, *more]
    core = "" if place is None else f"import os; os.sched_setaffinity(0, {{{_core(place)}}}); "
    code = f"{core}import sys; from orangecontrib.imaging.cli import main; sys.exit(main({command[4:]!r}))"
    return subprocess.Popen([sys.executable, "-P", "-c", code], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "ignore"})


def _report(process: subprocess.Popen[str]) -> dict[str, float]:
    printed, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the command ended with {process.returncode}:\n{printed}{errors}")
    report: dict[str, float] = json.loads(printed)
    return report


def _hold(pid: int, place: int | None) -> None:
    """Hold a process to one core, so that it uses one thread."""
    if place is not None:
        os.sched_setaffinity(pid, {_core(place)})


def _core(place: int) -> int:
    cores = sorted(os.sched_getaffinity(0))
    return cores[place % usable_cores()]
