"""An embedding job, and what is said of it while it runs, when it is done, and in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.cards import ModelCard
from ...core.embeddings import Embeddings
from ...core.options import Options
from ...core.pace import duration_text
from .option_choices import option_items

DEVICES = {"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA graphics card", "mps": "Apple GPU"}
PLACES = {"here": "This computer", "cluster": "Dask cluster"}


@dataclass(frozen=True)
class Job:
    """What to do.

    Attributes:
        column: the image column's name.
        model: names of networks, joined by ``+``.
        options: of the first network.
        components: how many principal components, or 0 for all numbers.
        device: a key of `DEVICES`.
        models: a folder of weights files, or ``""``.
        hosts: of web addresses, those that the user agreed to.
        scheduler: the address of the cluster that works, or ``""`` for this computer.
    """

    column: str
    model: str
    options: Options
    components: int
    device: str
    models: str
    hosts: frozenset[str] = frozenset()
    scheduler: str = ""


def job_items(job: Job, cards: Sequence[ModelCard]) -> list[tuple[str, str]]:
    """A job in words, for a report; `cards`: those of its networks, or none where they are not known."""
    titles = [card.title for card in cards]
    return [("Image column", job.column), ("Network", " and ".join(titles) or job.model),
            *option_items(job.options, cards[0] if cards else None),
            ("Principal components", str(job.components) if job.components else "No"),
            ("Run on", f"Dask cluster at {job.scheduler}" if job.scheduler else DEVICES[job.device])]


def progress_text(done: int, total: int, rate: float | None, networks: int = 1) -> str:
    """Such as ``120 of 300 · 85 images/s · 2.1 s left``; without a rate, the count alone.

    Args:
        done, total: pictures, counted once for each network.
        rate: pictures a second, or None.
        networks: how many see the pictures, one after the other.
    """
    images = total // networks
    place = min(done // max(images, 1), networks - 1)
    which = f", network {place + 1} of {networks}" if networks > 1 else ""
    count = f"{done - place * images:,} of {images:,}{which}"
    return f"{count} · {rate:.0f} images/s · {duration_text((total - done) / rate)} left" if rate else count


def cancelled_text(is_elsewhere: bool) -> str:
    """What is left of a job that the user stopped, on a cluster or here."""
    return ("Cancelled. What the cluster had finished is not kept." if is_elsewhere else
            "Cancelled. What was finished is kept.")


def result_text(found: Embeddings, seconds: float) -> str:
    """Where it ran and how long it took, and why no graphics card was used."""
    count = len(found.rows)
    stored = count - found.computed
    if count and not found.computed:
        return f"{count} images in {duration_text(seconds)}, all known already."
    known = f"; {stored} known already" if stored else ""
    why = f" {found.why}." if found.why else ""
    return f"{count} images in {duration_text(seconds)} on {found.device}{known}.{why}"
