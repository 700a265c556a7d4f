"""The file that describes the jobs of Slurm: TOML, of which nothing is run by us; the job script takes its texts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import WrongUse
from ..paths import escape_path

_MOST_JOBS = 10_000


@dataclass(frozen=True)
class SlurmJobs:
    """What to ask Slurm for.

    Attributes:
        jobs: how many.
        arguments: of `dask_jobqueue.SLURMCluster`.
    """

    jobs: int
    arguments: dict[str, Any]


def read_slurm(path: str) -> SlurmJobs:
    """Read the file.

    Raises:
        WrongUse: missing, no TOML, or with other names or values than are known.
    """
    shown = escape_path(path)
    try:
        told = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"{shown}: the description of the Slurm jobs cannot be read ({reason}).") from error
    except (ValueError, RecursionError) as error:  # no TOML, or no UTF-8
        raise WrongUse(f"{shown}: this is no TOML file ({error}). It has lines such as queue = \"gpu\", cores = 8, "
                       "memory = \"32GB\", walltime = \"04:00:00\" and jobs = 10.") from error
    for name, value in told.items():
        _check(shown, name, value)
    absent = [name for name in ("jobs", "cores", "memory") if name not in told]
    if absent:
        raise WrongUse(f"{shown}: {absent[0]} is not told. {_KINDS[absent[0]].says}")
    return SlurmJobs(told.pop("jobs"), told)


def _check(shown: str, name: str, value: object) -> None:
    if name not in _KINDS:
        near = get_close_matches(name, _KINDS, n=1)
        hint = f" Is {near[0]} meant?" if near else ""
        raise WrongUse(f"{shown}: {name!r} is not known here.{hint} Known are: {', '.join(sorted(_KINDS))}.")
    kind = _KINDS[name]
    if not kind.fits(value):
        raise WrongUse(f"{shown}: {name} cannot be {value!r}. {kind.says}")


@dataclass(frozen=True)
class _Kind:
    """What a value may be, and a sentence that says so."""

    fits: Callable[[object], bool]
    says: str


def _count(most: int, says: str) -> _Kind:
    return _Kind(lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most, says)


def _line(says: str) -> _Kind:
    return _Kind(_is_line, says)


def _lines(says: str) -> _Kind:
    return _Kind(lambda value: isinstance(value, list) and all(map(_is_line, value)), says)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


_KINDS = {
    "jobs": _count(_MOST_JOBS, f"jobs is how many jobs to ask for, from 1 to {_MOST_JOBS:,}, such as jobs = 10."),
    "cores": _count(4096, "cores is how many cores a job has, such as cores = 8."),
    "processes": _count(256, "processes is how many workers a job has: one for each graphics card, such as "
                             "processes = 1."),
    "memory": _line('memory is what a job has, such as memory = "32GB".'),
    "queue": _line('queue is Slurm\'s partition, such as queue = "gpu".'),
    "account": _line('account is the name that is charged, such as account = "mylab".'),
    "walltime": _line('walltime is how long a job may take, such as walltime = "04:00:00".'),
    "interface": _line('interface is the cluster\'s network, such as interface = "ib0"; `ip address` lists them.'),
    "python": _line('python is the Python of the workers, such as python = "/home/me/env/bin/python".'),
    "local_directory": _line('local_directory is a folder for the workers\' own files, such as "/tmp".'),
    "log_directory": _line('log_directory is a folder for what the jobs say, such as "logs".'),
    "job_extra_directives": _lines('job_extra_directives are further options of sbatch, such as ["--gres=gpu:1"].'),
    "job_script_prologue": _lines('job_script_prologue are lines before the worker starts, such as '
                                  '["module load cuda"].'),
}
