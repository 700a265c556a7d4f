"""What is said of an embedding while it runs, and when it is done."""

from __future__ import annotations

from ...core.embeddings import Embeddings
from ...core.pace import duration_text


def progress_text(done: int, total: int, rate: float | None) -> str:
    """Such as ``120 of 300 · 85 images/s · 2.1 s left``; without a rate, the count alone."""
    count = f"{done} of {total}"
    return f"{count} · {rate:.0f} images/s · {duration_text((total - done) / rate)} left" if rate else count


def result_text(found: Embeddings, seconds: float) -> str:
    """Where it ran and how long it took, and why no graphics card was used."""
    count = len(found.rows)
    stored = count - found.computed
    if count and not found.computed:
        return f"{count} images in {duration_text(seconds)}, all known already."
    known = f"; {stored} known already" if stored else ""
    why = f" {found.why}." if found.why else ""
    return f"{count} images in {duration_text(seconds)} on {found.device}{known}.{why}"
