"""All that the numbers of a vector depend on besides the picture, settled before any work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from .cards import ModelCard
from .catalogue import find_network, network_names
from .comparable import identity_parts
from .device import Device, find_device
from .errors import WrongUse
from .images import READERS_VERSION
from .joining import Part, joined_identity, vector_parts
from .network import engine_name
from .options import Options
from .own import ONNX
from .preprocess import PREPROCESS_VERSION, RESIZER
from .reading import Reading
from .weights import weights_sha256


@dataclass(frozen=True)
class Recipe:
    """How pictures become vectors; two equal recipes give equal numbers.

    `weights` is the SHA-256 of the weights file, in hex; `models` a folder that is looked into first, by the way.
    """

    card: ModelCard
    weights: str
    options: Options
    reading: Reading
    device: Device
    models: str | None = None

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.options.dimension(self.card)

    @cached_property
    def identity(self) -> str:
        """All that the numbers depend on besides the picture, as JSON with sorted keys."""
        from importlib.metadata import version
        return json.dumps({
            "network": _identity_name(self.card), "weights": self.weights,
            "options": self.options.record(), "reading": json.loads(self.reading.to_json()),
            "input": [self.card.input_px, self.card.shorter_px, self.card.channel_order, self.card.mean, self.card.std],
            "layers": [[layer.name, layer.node, layer.averaged] for layer in map(self.card.layer, self.options.layers)],
            "engine": engine_name(self.card, self.device), "device": self.device.name, "batch": self.device.batch,
            "resizer": RESIZER, "filter": self.card.resample, "preprocess": PREPROCESS_VERSION,
            "readers": READERS_VERSION,
            "decoders": [f"{name} {version(name)}" for name in ("pillow", "tifffile", "imagecodecs")],
        }, sort_keys=True)


def make_recipe(part: Part, device: Device, models: str | None) -> Recipe:
    """The recipe for one part of the vectors, on a device; `models`: a folder of weights files, looked into first.

    Raises:
        UnknownNetwork, UnknownLayer, WrongUse: there is no such choice.
        WeightsError: the network's weights are absent or not what was published.
    """
    card = find_network(part.network)
    part.options.dimension(card)
    device = device_for(card, part.options, device)
    return Recipe(card, weights_sha256(card, models), part.options, part.reading, device, models)


def identity_of(model: str, options: Options = Options(), reading: Reading = Reading(),
                device: str | Device = "auto", models: str | None = None) -> str:
    """The identity of the vectors that `embed` would give, before any work. Raises what it raises for a wrong choice.

    Args:
        device: its name, or what other computers work with.
        models: a folder of weights files, looked into first.
    """
    found = _found(device, options)
    return joined_identity([make_recipe(part, found, models).identity
                            for part in vector_parts(network_names(model), options, reading)])


def supposed_identity(then: str, model: str, options: Options, reading: Reading) -> str:
    """The identity of vectors before weights are looked at: what is not known yet is as in `then`, an earlier one.

    Raises:
        UnknownNetwork, WrongUse: there is no such choice.
    """
    known = [{"network": _identity_name(find_network(part.network)), "options": part.options.record(),
              "reading": json.loads(part.reading.to_json())}
             for part in vector_parts(network_names(model), options, reading)]
    return json.dumps([{**old, **new} for old, new in zip_longest(identity_parts(then)[:len(known)], known,
                                                                  fillvalue=dict[str, Any]())], sort_keys=True)


def check_choice(model: str, options: Options, device: str | Device = "auto", reading: Reading = Reading()) -> int:
    """The length of the vectors that `embed` would give. Raises what `embed` raises for a wrong choice.

    Neither weights nor pictures are looked at: it is for what comes before a download.

    Args:
        device: as for `identity_of`.
    """
    found = _found(device, options)
    total = 0
    for part in vector_parts(network_names(model), options, reading):
        card = find_network(part.network)
        device_for(card, part.options, found)
        total += part.options.dimension(card)
    return total


def _identity_name(card: ModelCard) -> str:
    return card.title if card.weights.path else card.name


def _found(device: str | Device, options: Options) -> Device:
    return find_device(device, None, options.precision) if isinstance(device, str) else device


def device_for(card: ModelCard, options: Options, device: Device) -> Device:
    """The device a network runs on where this one is asked for. Raises WrongUse: it does not run in this precision."""
    if card.weights.path.lower().endswith(ONNX):  # ONNX Runtime runs on the processor, whatever was asked for
        if options.precision != "fp32":
            raise WrongUse(f"{card.title} is an ONNX file, which runs in full precision only. Choose fp32.")
        return find_device("cpu", device.threads, options.precision)
    return device
