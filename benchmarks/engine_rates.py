"""Time several engines on one network, one core, batches of 4; prints one line of JSON.

usage: python -m benchmarks.engine_rates NAME MODELS_FOLDER ROUNDS SECONDS

Runs in the environment that has the other engines. Processor time counts, so that a busy neighbour matters less.
"""

from __future__ import annotations

import copy
import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import distribution, requires
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import torch
from packaging.requirements import Requirement
from torch import Tensor, nn
from torch.fx.experimental import optimization

from orangecontrib.imaging.core.cards import PENULTIMATE, ModelCard, find_card
from orangecontrib.imaging.core.device import find_device
from orangecontrib.imaging.core.memory import keep_freed_memory
from orangecontrib.imaging.core.network import load_network
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.weights import load_weights, weights_sha256

from .made_weights import accept_made

BATCH = 4
ADDED = {"ONNX Runtime": ("onnxruntime", "onnx"), "OpenVINO": ("openvino",)}
HERE_ANYWAY = ("torch", "torchvision", "numpy")
Run = Callable[[Tensor], np.ndarray]


def main(name: str, models: str, rounds: str, seconds: str) -> None:
    """Prepare each engine, then let them take turns."""
    keep_freed_memory()
    torch.set_num_threads(1)
    accept_made(name, Path(models))
    card = find_card(name)
    batch = (torch.rand(BATCH, 3, card.input_px, card.input_px, generator=torch.Generator().manual_seed(0)) - 0.5) * 4
    with torch.inference_mode():
        plain = plain_network(card, models)
        expected = plain(batch).numpy()
    engines, figures = {}, {}
    for engine, prepare in PREPARATIONS.items():
        started = time.perf_counter()
        engines[engine] = prepare(copy.deepcopy(plain), card, models, batch)
        found = engines[engine](batch)
        figures[engine] = {"seconds to prepare": time.perf_counter() - started,
                           "error": float(np.linalg.norm(found - expected) / np.linalg.norm(expected)), "rounds": []}
    for _ in range(int(rounds)):
        for engine, run in engines.items():
            figures[engine]["rounds"].append(rate(run, batch, float(seconds)))
    for one in figures.values():
        one["images/s"] = statistics.median(one["rounds"])
    sizes = {engine: sum(map(megabytes, with_needs(packages) - with_needs(HERE_ANYWAY)))
             for engine, packages in ADDED.items()}
    print(json.dumps({"engines": figures, "megabytes on disk": sizes}))


def plain_network(card: ModelCard, models: str) -> nn.Module:
    """The network as it is built, up to its penultimate layer."""
    module, function = card.builder.split(":")
    return getattr(import_module(module), function)(card, (PENULTIMATE,), load_weights(card, models), False).eval()


def folded(network: nn.Module, card: ModelCard, models: str, batch: Tensor) -> Run:
    """torch: batch norm folded, channels last."""
    net = optimization.fuse(network).to(memory_format=torch.channels_last)
    return lambda given: _in_torch(net, given)


def ours(network: nn.Module, card: ModelCard, models: str, batch: Tensor) -> Run:
    """The module that our engine runs."""
    net = load_network(card, weights_sha256(card, models), Options(), find_device("cpu", 1), models)._module
    return lambda given: _in_torch(net, given)


def with_onnx_runtime(network: nn.Module, card: ModelCard, models: str, batch: Tensor) -> Run:
    """By way of an ONNX file that torch writes."""
    file = io.BytesIO()
    torch.onnx.export(network, (batch,), file, dynamo=False, input_names=["x"], output_names=["y"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    return lambda given: session.run(None, {"x": given.numpy()})[0]


def with_openvino(network: nn.Module, card: ModelCard, models: str, batch: Tensor) -> Run:
    """Converted from the torch module."""
    told = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(openvino.convert_model(network, example_input=batch), "CPU", told)
    return lambda given: model([given.numpy()])[0]


PREPARATIONS = {"torch, folded": folded, "ours": ours, "ONNX Runtime": with_onnx_runtime, "OpenVINO": with_openvino}


def rate(run: Run, batch: Tensor, seconds: float) -> float:
    """Pictures a second of this process's processor time."""
    run(batch)
    count, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        run(batch)
        count += len(batch)
    return count / (time.process_time() - started)


def with_needs(packages: Iterable[str]) -> set[str]:
    """Packages with all that they bring along here."""
    found: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needs = map(Requirement, requires(name) or ())
            waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


def megabytes(package: str) -> int:
    """What the files of a package take."""
    files = (Path(str(file.locate())) for file in distribution(package).files or ())
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 2**20)


def _in_torch(net: nn.Module, batch: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return net(batch.contiguous(memory_format=torch.channels_last)).numpy()


if __name__ == "__main__":
    main(*sys.argv[1:])
