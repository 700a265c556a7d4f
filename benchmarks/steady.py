"""Whether speed and memory hold: with a core taken away, with many pictures, with pictures known from before.

Each is an option of ``python -m benchmarks.throughput``; all with SqueezeNet.

--stolen-core  our speed while another process keeps one core busy, beside our speed alone, in turns
--memory       peak memory for 1,000 and for 20,000 pictures; what it grows by, less the vectors themselves
--warm         10,000 pictures whose vectors are in the store; no picture is opened
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from orangecontrib.imaging.core.client import Client
from orangecontrib.imaging.core.store import Store, file_state

from .machine import Others, load_average, private_places
from .pictures import write_jpegs
from .processes import Run, run_watched
from .reporting import aim_line, dated, figure_line, write_record

_SPIN = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nprint('', flush=True)\nwhile True: pass"
_DIMENSION, _NUMBER_BYTES, _MEGABYTE = 512, 4, 2**20
AIM_STOLEN, AIM_GROWTH_MB, AIM_WARM_S = 0.45, 50.0, 3.0


def stolen_core(images: int | None, rounds: int) -> tuple[list[str], dict[str, object]]:
    """Lines to print, and figures to keep."""
    core, images = max(os.sched_getaffinity(0)), images or 1200
    free: list[float] = []
    shared: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        pictures = _draw(Path(temporary), min(60, images))
        for _ in range(rounds):
            free.append(_run_ours(pictures, images).answer["rate"])
            with _busy(core):
                shared.append(_run_ours(pictures, images).answer["rate"])
    share = statistics.median(taken / alone for taken, alone in zip(shared, free, strict=True))
    return [figure_line("this add-on, alone", statistics.median(free), "images/s"),
            figure_line("with one core taken by another process", statistics.median(shared), "images/s"),
            aim_line("share", share, "", at_least=AIM_STOLEN)], {"alone": free, "with a core taken": shared}


def memory(images: int | None, rounds: int) -> tuple[list[str], dict[str, object]]:
    """The same; `images` is the larger number, a twentieth of it the smaller."""
    many = images or 20_000
    few = max(many // 20, 1)
    with tempfile.TemporaryDirectory() as temporary:
        pictures = _draw(Path(temporary), 30, 320, 240)
        peaks = {count: _run_ours(pictures, count).peak_bytes for count in (few, many)}
    growth = peaks[many] - peaks[few] - (many - few) * _DIMENSION * _NUMBER_BYTES
    return [*(figure_line(f"peak memory, {count:,} pictures", peak / _MEGABYTE, "MB") for count, peak in peaks.items()),
            aim_line("growth beyond the vectors' own bytes", growth / _MEGABYTE, "MB", at_most=AIM_GROWTH_MB)], {
                "peak bytes": peaks, "growth bytes beyond the vectors": growth}


def warm(images: int | None, rounds: int) -> tuple[list[str], dict[str, object]]:
    """The same. The files hold no pictures: one that was opened would be skipped."""
    first, again = [], []
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        [picture] = write_jpegs(place, 1)
        paths = _write_texts(place / "known", images or 10_000)
        _fill(place / "store", paths, picture)
        for _ in range(rounds):
            client = Client()
            first.append(_recall(client, paths, place / "store"))
            again.append(_recall(client, paths, place / "store"))
            client.close()
    count = f"{len(paths):,} known pictures"
    return [aim_line(f"{count}, the engine's start included", statistics.median(first), "s", at_most=AIM_WARM_S),
            aim_line(f"{count}, engine running", statistics.median(again), "s", at_most=AIM_WARM_S)], {
                "with start, seconds": first, "engine running, seconds": again}


MEASUREMENTS = {"stolen-core": stolen_core, "memory": memory, "warm": warm}


def measure(name: str, images: int | None, rounds: int, out: Path) -> None:
    """Measure, print and keep."""
    load, others = load_average(), Others()
    lines, figures = MEASUREMENTS[name](images, rounds)
    around = {"load average before": load, "cores taken by other programs": others.cores()}
    print("\n".join([*lines, *(f"{what}: {value}" for what, value in around.items())]))
    print(f"Kept in {write_record(out, dated(name), {**around, **figures})}")


def _draw(place: Path, count: int, width: int = 640, height: int = 480) -> Path:
    folder = place / "pictures"
    folder.mkdir()
    write_jpegs(folder, count, width, height)
    return folder


def _run_ours(pictures: Path, images: int) -> Run:
    place = pictures.parent
    return run_watched((sys.executable, "-m", "benchmarks.engine", pictures, "--network", "squeezenet",
                        "--models", place / "models", "--images", str(images)), private_places(place / "home"))


@contextmanager
def _busy(core: int) -> Iterator[None]:
    """Another process that does nothing but keep this core busy."""
    with subprocess.Popen([sys.executable, "-c", _SPIN, str(core)], stdout=subprocess.PIPE) as spinning:
        try:
            if spinning.stdout is None or not spinning.stdout.readline():
                raise RuntimeError("No process could be tied to a core.")
            yield
        finally:
            spinning.kill()


def _write_texts(folder: Path, count: int) -> list[Path]:
    """Files of different content, and old enough for the store to trust their time of change."""
    folder.mkdir()
    paths = [folder / f"{number:05}.jpg" for number in range(count)]
    before = time.time() - 3600
    for path in paths:
        path.write_text(f"This is no picture: {path.name}")
        os.utime(path, (before, before))
    return paths


def _fill(folder: Path, paths: Sequence[Path], picture: Path) -> None:
    """Put vectors of these files into a store, under the identity that an embedding has here."""
    client = Client()
    identity = client.embed([picture], "squeezenet").identity
    client.close()
    store, rng = Store(folder), np.random.default_rng(0)
    contents = {str(path): hashlib.sha256(path.read_bytes()).digest() for path in paths}
    vectors = {content: rng.standard_normal(_DIMENSION, np.float32) for content in contents.values()}
    store.put(identity, vectors, contents, {path: file_state(path) for path in contents})
    store.close()


def _recall(client: Client, paths: Sequence[Path], store: Path) -> float:
    """Seconds until all vectors are there."""
    started = time.perf_counter()
    found = client.embed(paths, "squeezenet", store=store)
    seconds = time.perf_counter() - started
    if found.computed or len(found.vectors) != len(paths):
        sys.exit("Some pictures were opened: this is no measurement.")
    return seconds
