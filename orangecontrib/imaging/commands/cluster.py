"""``orange-imaging embed --scheduler``: shards by the workers of a Dask cluster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ..core.cluster.addresses import ADDRESS, LOCAL, parse_scheduler
from ..core.device import Device, distant_device, find_device
from ..core.errors import WrongUse
from ..core.shards.files import Record
from ..core.shards.job import Job
from ..core.shards.listing import Listing
from ..core.shards.manifest import Manifest
from ..progress import ProgressBar


def add_option(group: argparse._ArgumentGroup) -> None:
    """Add the option."""
    group.add_argument("--scheduler", metavar="S",
                       help="by Dask: tcp://HOST:PORT or tls://HOST:PORT of a scheduler that runs, local or local:N "
                            "for N workers on this computer, or slurm:FILE for jobs of Slurm")


def check_scheduler(given: argparse.Namespace) -> None:
    """Raise WrongUse: it names no cluster, or does not go with another option."""
    if given.scheduler is None:
        return
    parse_scheduler(given.scheduler)
    if given.shard is not None:
        raise WrongUse("--shard gives each machine its part where there is no scheduler. Leave it out, for the "
                       "scheduler gives out the shards.")


def check_cluster(given: argparse.Namespace) -> None:
    """See that a scheduler that runs already answers, before anything is written. Raises WrongUse."""
    from ..core.cluster.opening import open_cluster
    if given.scheduler is not None and parse_scheduler(given.scheduler).kind == ADDRESS:
        with open_cluster(parse_scheduler(given.scheduler)):
            pass


def device_of(given: argparse.Namespace, precision: str) -> Device:
    """What the network runs on: here, or where a cluster's workers are, of whose devices nothing is known here.

    Raises:
        UnknownDevice, WrongUse: there is no such device, or it does not have the precision.
    """
    is_here = given.scheduler is None or parse_scheduler(given.scheduler).kind == LOCAL
    return find_device(given.device, None, precision) if is_here else distant_device(given.device, precision)


def run_by_scheduler(scheduler: str, out: Path, manifest: Manifest, listing: Listing, job: Job, numbers: list[int],
                     cancelled: Callable[[], bool], on_shard: Callable[[Record], None]) -> str:
    """Embed shards by a cluster; what is to be known meanwhile goes to stderr. Gives the cluster's title.

    Raises:
        ImagingError: as `open_cluster` and `run_on_cluster`.
    """
    from ..core.cluster.opening import open_cluster
    from ..core.cluster.shards import run_on_cluster
    with ExitStack() as ending:
        cluster = ending.enter_context(open_cluster(parse_scheduler(scheduler), on_note=_say))
        progress = ending.enter_context(ProgressBar("pictures"))
        run_on_cluster(out, manifest, listing, job, numbers, cluster, on_progress=progress, cancelled=cancelled,
                       on_shard=on_shard, on_note=_say)
        return cluster.title


def _say(sentence: str) -> None:
    """Tell it at once, in place of the progress bar where there is one."""
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{start}{sentence}", file=sys.stderr)
