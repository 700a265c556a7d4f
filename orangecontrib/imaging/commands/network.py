"""Options of commands on the network, its layers and views; and its weights, fetched where they are not here."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace

from ..core.catalogue import find_network, network_names
from ..core.device import DEVICE_NAMES, Device
from ..core.errors import WrongUse
from ..core.options import FITS, PRECISIONS, PRESETS, SCALES, VIEWS, Options, find_preset, parse_scales
from ..core.recipe import check_choice
from ..core.weights import check_models, download_folder, require_weights, weights_path
from ..interrupt import until_interrupted
from .fetch import announce, fetch_one


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("-m", "--model", default="squeezenet", metavar="NETWORK",
                        help="see 'orange-imaging models', or a file of your own; several joined by + give their "
                             "vectors side by side (default: %(default)s)")
    parser.add_argument("--models", metavar="DIR", help="a folder of weights files, looked into first")
    parser.add_argument("--device", default="auto", metavar="DEVICE",
                        help=f"{', '.join(DEVICE_NAMES)} (default: %(default)s)")
    group = parser.add_argument_group("what is taken, of which views")
    group.add_argument("--preset", choices=PRESETS, help="named options; those below change them")
    group.add_argument("--layer", metavar="LAYER[+LAYER…]", help="side by side in the vector (default: penultimate)")
    group.add_argument("--fit", choices=FITS, help="how a picture becomes the network's square (default: stretch)")
    group.add_argument("--views", choices=VIEWS, help="the vector is averaged over them (default: one)")
    group.add_argument("--scales", metavar="PX,PX…", help="of the shorter side, for --fit dense "
                                                          f"(default: {','.join(map(str, SCALES))})")
    group.add_argument("--joined", choices=("stack", "average"), help="vectors of the scales (default: stack)")
    group.add_argument("--unit-length", action="store_true", default=None, help="divide vectors by their length")
    group.add_argument("--components", type=int, metavar="K", help="keep K principal components, fitted on all")
    group.add_argument("--precision", choices=PRECISIONS, help="others are faster on some devices, and less exact "
                                                               "(default: fp32)")


def options_of(given: argparse.Namespace) -> Options:
    """The preset, changed by what else was given. Raises WrongUse for what cannot be."""
    card = find_network(network_names(given.model)[0])
    changes = {name: getattr(given, name) for name in ("fit", "views", "joined", "unit_length", "precision")
               if getattr(given, name) is not None}
    if given.layer is not None:
        changes["layers"] = tuple(given.layer.split("+"))
    if given.scales is not None:
        changes["scales"] = parse_scales(given.scales)
    options = replace(find_preset(given.preset or "paper", card), **changes)
    if (given.scales is not None or given.joined) and options.fit != "dense":
        raise WrongUse("Scales are for pictures that are seen densely. Add --fit dense.")
    return options


def check_network(given: argparse.Namespace, options: Options, device: Device | None = None) -> int:
    """The length of a network's vectors. Raises WrongUse for what cannot be.

    Args:
        device: what it runs on; None: that of this computer which was named.
    """
    if given.models is not None:
        check_models(given.models)
    return check_choice(given.model, options, device or given.device)


def fetch_absent(given: argparse.Namespace) -> None:
    """Download weights that are not here; say so first. Raises WeightsMissing: some cannot be downloaded."""
    cards = [find_network(name) for name in network_names(given.model)]
    for card in cards:
        if not card.weights.url:
            require_weights(card, given.models)
    absent = [card for card in cards if not weights_path(card, given.models)]
    if absent:
        check_models(given.models)
        announce(absent, download_folder(given.models), stream=sys.stderr)
        with until_interrupted() as cancelled:
            for card in absent:
                fetch_one(card, download_folder(given.models), cancelled)


def taken_text(model: str, options: Options, components: int = 0) -> str:
    """Network, layers, and each option that is not as usual, such as ``views turns``."""
    usual, words = asdict(Options()), [model, "+".join(options.layers)]
    for name, value in options.record().items():
        if name != "layers" and value != usual[name]:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            words.append(name.replace("_", " ") if value is True else f"{name} {shown}")
    return ", ".join([*words, *([f"components {components}"] if components else [])])
