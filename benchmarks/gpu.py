"""Pictures a second on a graphics card, beside what its parts allow; and how far its vectors are from the processor's.

usage: python -m benchmarks.gpu [--device cuda|cpu] [--networks …] [--images N] [--out FOLDER]

For each network and precision:
  files    JPEG files of 640 x 480 to vectors, as `embed` does it
  tensors  the same from pictures that were decoded and resized before
  decode   reading and resizing alone, on all cores
  forward  the network alone: batch norm folded, weights in the precision, large batches that lie on the card
The limit is the smaller of the last two; on a processor, which does both, what is left when their times are added.
Needs neither Orange nor Qt. The networks have made weights (see made_weights.py).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx.experimental import optimization

from orangecontrib.imaging.core.cards import PENULTIMATE, ModelCard, find_card
from orangecontrib.imaging.core.device import Device, find_device, torch_settings
from orangecontrib.imaging.core.embed import embed
from orangecontrib.imaging.core.images import read_image
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.network import Network, load_network
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.weights import load_weights, weights_sha256

from .machine import load_average, machine_text
from .made_weights import accept_made, write_made
from .pictures import write_jpegs
from .reporting import RESULTS, aim_line, dated, figure_line, write_record

NETWORKS = ("squeezenet", "resnet50", "inception_v3", "vgg16")
PRECISIONS = {"cuda": ("fp32", "tf32", "bf16"), "cpu": ("fp32", "bf16")}
IMAGES = {"cuda": 4096, "cpu": 64}
LARGE_BATCHES = {"cuda": (64, 128, 256), "cpu": (8,)}
DIFFERENT, COMPARED, FORWARD_S = 64, 16, 2.0
AIM_SHARE, AIM_ERROR = 0.85, 1e-4


@dataclass(frozen=True)
class Speeds:
    """Images/s; `error` is the largest relative distance of a vector from the processor's in full precision."""

    network: str
    precision: str
    files: float
    tensors: float
    decode: float
    forward: float
    limit: float
    error: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=PRECISIONS)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--images", type=int, help="a measurement")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    given = parser.parse_args(arguments)
    keep_freed_memory()
    title, load = find_device(given.device).title, load_average()
    print(f"{title}; {machine_text()}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        pictures = write_jpegs(Path(temporary), min(DIFFERENT, given.images or DIFFERENT))
        found = [speeds for name in given.networks
                 for speeds in measure(name, given.device, pictures, given.images, Path(temporary, "models"))]
    kept = write_record(given.out, dated(f"gpu-{given.device}"), {
        "device": title, "load average before": load, "speeds": [asdict(speeds) for speeds in found]})
    print(f"Kept in {kept}")


def measure(name: str, device: str, pictures: Sequence[Path], images: int | None, models: Path) -> list[Speeds]:
    """The speeds of a network in each precision of the device, printed as they come."""
    write_made(name, models)
    accept_made(name, models)
    card, found = find_card(name), []
    expected = embed(pictures[:COMPARED], name, models=models, device="cpu").vectors
    many = list(islice(cycle(pictures), images or IMAGES[device]))
    for precision in PRECISIONS[device]:
        found.append(measure_precision(card, find_device(device, None, precision), many, models, expected))
        print("\n".join(report(found[-1])), flush=True)
    return found


def measure_precision(card: ModelCard, device: Device, many: Sequence[Path], models: Path,
                      expected: np.ndarray) -> Speeds:
    """All speeds in one precision; `many` are the pictures of one measurement."""
    options = Options(precision=device.precision)

    def run(paths: Sequence[Path]) -> np.ndarray:
        return embed(paths, card.name, options=options, models=models, device=device.name).vectors

    error = largest_error(run(many[:len(expected)]), expected)  # this also loads and warms the network
    files = rate(lambda: run(many), len(many))
    with torch_settings(device.precision):
        network = load_network(card, weights_sha256(card, models), options, device, str(models))
        decode = decode_rate(network, many, device.threads)
        tensors = tensor_rate(network, many, device)
        forward = forward_rate(card, device, models)
    limit = min(decode, forward) if device.name != "cpu" else 1 / (1 / decode + 1 / forward)
    return Speeds(card.name, device.precision, files, tensors, decode, forward, limit, error)


def largest_error(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance of a row, (n, d), from the expected one, over the length of that."""
    distances = np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)
    return float(distances.max())


def decode_rate(network: Network, paths: Sequence[Path], threads: int) -> float:
    """Reading and resizing alone."""
    with ThreadPoolExecutor(threads) as pool:
        return rate(lambda: list(pool.map(lambda path: network.fit(read_image(path).pixels), paths)), len(paths))


def tensor_rate(network: Network, paths: Sequence[Path], device: Device) -> float:
    """From the network's inputs in memory to vectors, in as many threads as `embed` has."""
    different = [network.fit(read_image(path).pixels) for path in paths[:DIFFERENT]]
    fitted = list(islice(cycle(different), len(paths)))
    batches = [fitted[start:start + device.batch] for start in range(0, len(fitted), device.batch)]
    with ThreadPoolExecutor(device.threads) as pool:
        return rate(lambda: list(pool.map(network.embed, batches)), len(fitted))


def forward_rate(card: ModelCard, device: Device, models: Path) -> float:
    """The network alone, by the best of several batch sizes; on a processor in one thread a core."""
    module = bare_network(card, device, models)
    dtype = next(module.parameters()).dtype
    side, best = card.input_px, 0.0
    for size in LARGE_BATCHES[device.name]:
        batch = torch.rand(size, 3, side, side).to(device.name, dtype, memory_format=torch.channels_last)
        threads = device.threads if device.name == "cpu" else 1
        best = max(best, resident_rate(module, batch, threads))
    return best


def bare_network(card: ModelCard, device: Device, models: Path) -> nn.Module:
    """The network as simple as it gets: batch norm folded, weights in the precision, channels last."""
    module, function = card.builder.split(":")
    build = getattr(import_module(module), function)
    network = optimization.fuse(build(card, (PENULTIMATE,), load_weights(card, models), False).eval())
    dtype = torch.bfloat16 if device.precision == "bf16" else torch.float32
    return network.to(device.name, dtype, memory_format=torch.channels_last)


def resident_rate(module: nn.Module, batch: Tensor, threads: int) -> float:
    """Pictures a second through the module, over and over the same batch."""
    def repeat(times: int) -> None:
        with torch.inference_mode():
            for _ in range(times):
                module(batch)
            if batch.is_cuda:
                torch.cuda.synchronize()

    repeat(1)
    times = max(1, round(FORWARD_S * rate(lambda: repeat(1), 1)))
    with ThreadPoolExecutor(threads) as pool:
        return rate(lambda: list(pool.map(repeat, [times] * threads)), threads * times * len(batch))


def rate(work: Callable[[], object], count: int) -> float:
    """Items a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def report(speeds: Speeds) -> list[str]:
    """The lines on a network in a precision."""
    error = figure_line("  largest relative error of a vector", speeds.error, "")
    if speeds.precision == "fp32":
        error = aim_line("  largest relative error, in 0.0001", speeds.error / AIM_ERROR, "", at_most=1)
    return [f"{speeds.network}, {speeds.precision}",
            *(figure_line(f"  {name}", getattr(speeds, name), "images/s")
              for name in ("files", "tensors", "decode", "forward", "limit")),
            aim_line("  files, share of the limit", speeds.files / speeds.limit, "", at_least=AIM_SHARE), error]


if __name__ == "__main__":
    main()
