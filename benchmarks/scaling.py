"""Print what more workers bring here, and what millions of pictures will take, reckoned from terms measured here.

usage: python -m benchmarks.scaling [--networks NAME ...] [--pictures N] [--check N ...] [--text FILE]

efficiency  1, 2 and 4 worker processes, each held to one core: parts without a server (--shard I/N), and under Dask,
            both counted without the start of their programs
terms       core-seconds a picture for decoding and in the network, seconds a shard and a task, bytes
check       the model against runs of three sizes: one process, one core, from its start to its end
forecast    10 and 100 million pictures on 8 and 64 graphics cards: hours, bytes, memory, and what breaks first

JPEG files of 640 x 480 (`benchmarks.pictures`); networks other than SqueezeNet have made weights. There is no graphics
card here: what one computes a second is taken from RATES, and what a cluster is from `forecast.Site`; both are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from orangecontrib.imaging.core.device import usable_cores

from .cluster_runs import Ran, run_dask, run_parts, task_terms
from .forecast import Site, Terms, forecast, seconds_here
from .machine import SOURCE, Others, load_average, machine_text, private_places
from .made_weights import write_made
from .pictures import write_jpegs
from .reporting import RESULTS, aim_line, dated, figure_line, write_record

#: pictures a second of one card, on paper: an H100 in bf16
RATES = {"squeezenet": 20_000.0, "resnet50": 10_000.0, "inception_v3": 6_000.0, "vgg16": 5_000.0}
WORKERS, SHARD, MANY_SHARD, TASKS = (1, 2, 4), 50, 2000, 300
MILLIONS, CARDS = (10, 100), (8, 64)
DIFFERENT, TERM_PICTURES = 400, 200
AIM_OFF = 0.15


def main(given: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=RATES, default=["squeezenet"])
    parser.add_argument("--pictures", type=int, default=1200, help="of each run of more workers")
    parser.add_argument("--check", type=int, nargs="+", default=[300, 1200, 4800], help="pictures of the checked runs")
    parser.add_argument("--text", type=Path, help="a file that gets the lines too, for a page of the documentation")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder for the record of all figures")
    options = parser.parse_args(given)
    others, lines, kept = Others(), [], dict[str, object]()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.update(private_places(Path(temporary, "home")))
        for line in report(options, Path(temporary), kept):
            print(line, flush=True)
            lines.append(line)
    lines.append(f"other programs took {others.cores():.2f} cores meanwhile; load {load_average()}")
    print(lines[-1])
    write_record(options.out, dated("scaling"), {**kept, "lines": lines})
    if options.text:
        options.text.write_text("".join(f"| {line}\n" if line else "|\n" for line in lines), encoding="utf-8")


def report(given: argparse.Namespace, place: Path, kept: dict[str, object]) -> Iterator[str]:
    """All lines; `kept` takes the figures."""
    yield machine_text()
    pictures = write_pictures(place / "pictures", max(given.pictures, *given.check))
    yield from _efficiency(first(pictures, given.pictures, place), given.pictures, kept)
    of_tasks = task_terms(TASKS, 2)
    for network in given.networks:
        yield ""
        terms, small_shard_s = measured_terms(network, pictures, place, of_tasks)
        kept[f"terms of {network}"] = asdict(terms)
        yield from _term_lines(network, terms)
        if network == "squeezenet":
            here = replace(terms, task_s=0.0, shard_s=small_shard_s)
            yield from _check(here, pictures, given.check, place, kept)
        yield from _forecasts(network, terms)


def write_pictures(folder: Path, count: int) -> Path:
    """So many files, of which `DIFFERENT` differ: the others are further names of these."""
    folder.mkdir()
    made = write_jpegs(folder, min(count, DIFFERENT))
    for number in range(len(made), count):
        os.link(made[number % len(made)], folder / f"{number:04}.jpg")
    return folder


def first(pictures: Path, count: int, place: Path) -> Path:
    """A folder of the first so many."""
    folder = place / f"first {count}"
    if not folder.exists():
        folder.mkdir()
        for name in sorted(os.listdir(pictures))[:count]:
            os.link(pictures / name, folder / name)
    return folder


def _efficiency(source: Path, count: int, kept: dict[str, object]) -> Iterator[str]:
    """The rate of N workers over N times that of one; more workers than cores share them."""
    yield f"{count:,} pictures, SqueezeNet, shards of {SHARD}, on {usable_cores()} cores"
    for title, run in (("parts, no server", run_parts), ("Dask", run_dask)):
        runs = {workers: run(source, workers, SHARD) for workers in WORKERS}
        kept[f"runs, {title}"] = {str(workers): asdict(ran) for workers, ran in runs.items()}
        for workers, ran in runs.items():
            share, most = runs[1].seconds / ran.seconds / workers, min(1.0, usable_cores() / workers)
            yield figure_line(f"{title}: {workers} worker{'s' if workers > 1 else ''}", count / ran.seconds,
                              "images/s", f"efficiency {share:.2f}, at most {most:.2f} on these cores")


def measured_terms(network: str, pictures: Path, place: Path, of_tasks: dict[str, float]) -> tuple[Terms, float]:
    """What `benchmarks.cluster_terms` measures on one core, and the start of a run; seconds of a shard of `SHARD`."""
    write_made(network, place / "models")
    command = ["-m", "benchmarks.cluster_terms", network, str(place / "models"), str(pictures), str(TERM_PICTURES),
               str(MANY_SHARD), str(SHARD)]
    code = f"import os; os.sched_setaffinity(0, {{0}}); os.execv({sys.executable!r}, {[sys.executable, *command]!r})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=SOURCE)
    if ran.returncode:
        raise RuntimeError(f"{network}: {ran.stderr}")
    small = [run_parts(first(pictures, 8, place), 1, SHARD) for _ in range(3)]
    measured = json.loads(ran.stdout.splitlines()[-1])
    small_shard_s = measured.pop("small_shard_s")
    beside = 8 * (measured["decode_s"] + measured["forward_s"]) + small_shard_s
    start = statistics.median(ran.wall_s for ran in small) - beside
    return Terms(**measured, **of_tasks, start_s=start), small_shard_s


def _term_lines(network: str, terms: Terms) -> Iterator[str]:
    yield f"terms of {network}"
    yield figure_line("decoding and all but the network", 1000 * terms.decode_s, "ms", "a picture, of one core")
    yield figure_line("network", 1000 * terms.forward_s, "ms", "a picture, of one core")
    yield figure_line(f"a shard of {MANY_SHARD} beside its pictures", terms.shard_s, "s")
    yield figure_line("a task of Dask", 1000 * terms.task_s, "ms", "client and scheduler together")
    yield figure_line("start of a process", terms.start_s, "s")
    yield figure_line("reading from this disk", terms.read_bytes_s / 1e6, "MB/s")
    yield figure_line("a picture's file", terms.picture_bytes / 1e3, "kB")
    yield figure_line("a picture in a shard", terms.vector_bytes / 1e3, "kB")
    yield figure_line("a picture in the listing", terms.listing_bytes, "bytes", "of the memory of whoever hands out")
    yield figure_line("a shard in the manifest", terms.record_bytes, "bytes")
    yield figure_line("Dask's scheduler", terms.scheduler_bytes / 1e6, "MB",
                      f"and {terms.worker_bytes / 1e3:.0f} kB a worker, {terms.task_bytes / 1e3:.1f} kB a shard")


def _check(terms: Terms, pictures: Path, sizes: Sequence[int], place: Path, kept: dict[str, object]) -> Iterator[str]:
    """The model beside runs of one process on one core."""
    for size in sizes:
        ran: Ran = run_parts(first(pictures, size, place), 1, SHARD)
        reckoned = seconds_here(terms, size, SHARD, workers=1, cores=1)
        kept[f"check of {size}"] = {"reckoned_s": reckoned, "wall_s": ran.wall_s}
        yield aim_line(f"{size:,} pictures: {ran.wall_s:.1f} s, reckoned {reckoned:.1f} s; off by",
                       abs(reckoned / ran.wall_s - 1), "", at_most=AIM_OFF)


def _forecasts(network: str, terms: Terms) -> Iterator[str]:
    """Hours and bytes, and what is slowest and what breaks."""
    site = Site(CARDS[0], gpu_rate=RATES[network])
    yield (f"forecast for {network}: {site.cores} cores like these and {site.gpu_rate:,.0f} pictures/s a card (on "
           f"paper), shared disks of {site.storage_bytes_s / 1e9:.0f} GB/s, shards of {MANY_SHARD}")
    for millions in MILLIONS:
        for cards in CARDS:
            found = forecast(terms, replace(site, gpus=cards), millions * 1_000_000, MANY_SHARD)
            yield (f"  {millions} million on {cards} cards: {found.hours:.2f} h, paced by {found.slowest}; reads "
                   f"{found.read_bytes / 1e12:.1f} TB, writes {found.written_bytes / 1e9:.0f} GB; listing "
                   f"{found.client_bytes / 1e9:.1f} GB, scheduler {found.scheduler_bytes / 1e6:.0f} MB of memory")
    yield f"  what breaks first: {found.breaks[0]}, at {found.breaks[1] / 1e6:,.0f} million pictures"


if __name__ == "__main__":
    main()
