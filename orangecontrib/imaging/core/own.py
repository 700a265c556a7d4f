"""A network of the user's own: a file of trained weights, described by a small JSON file beside it.

Only the beginning of the file and its list of contents are looked at here, and no torch is needed: the menu asks.
"""

from __future__ import annotations

import json
import os
import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cards import PENULTIMATE, Layer, ModelCard, Weights, network_cards
from .errors import WrongUse
from .fields import PREPARATION, check, one_of, preparation, read_json, text, whole
from .networks import imagenet
from .paths import escape_path

ONNX = ".onnx"
SUFFIXES = (".safetensors", ".pth", ".pt", ONNX)
_SAVE = "Save its state dict: torch.save(model.state_dict(), 'mynet.pth')."
_SAVE_OR_EXPORT = (f"{_SAVE} Or export it as ONNX: "
                   "torch.onnx.export(model, picture, 'mynet.onnx', external_data=False).")
_PICKLE = f"this is a pickle, and opening a pickle can run any program. {_SAVE}"
_SCRIPT = f"this is TorchScript, a program that would have to be run. {_SAVE_OR_EXPORT}"
_EXPORTED = f"torch.export made this, a program for one version of torch. {_SAVE_OR_EXPORT}"
_KERAS = ("this is a Keras network, which needs TensorFlow. Convert it to ONNX with channels first: "
          "python -m tf2onnx.convert --keras mynet.h5 --output mynet.onnx --inputs-as-nchw INPUT")
_PACKED = "files are packed together in this one. Unpack it, and choose the network's own file."
_WEB_PAGE = "this is a web page, not a network. Download the file itself."
_REFUSED = {
    ".pt2": _EXPORTED, ".ts": _SCRIPT, ".pkl": _PICKLE, ".pickle": _PICKLE, ".h5": _KERAS, ".keras": _KERAS,
    ".ckpt": f"a training checkpoint holds more than the network. {_SAVE}",
    ".bin": f"this ending does not tell what is inside. {_SAVE}",
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"), _PACKED),
}
_BEGINNINGS = (
    (b"\x89HDF", _KERAS),
    (b"<!doctype", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"version https://git-lfs", "this only points to a large file that git did not fetch. Run: git lfs pull"),
)
_PICKLES = (b"\x80\3", b"\x80\4", b"\x80\5")  # torch itself uses protocol 2
_ZIP_ENTRIES = {"constants.pkl": _SCRIPT, "archive_format": _EXPORTED, "serialized_exported_program.json": _EXPORTED,
                "model.weights.h5": _KERAS}


@dataclass(frozen=True)
class OwnCard(ModelCard):
    """The card of a user's own network. `architecture`: the name of ours that it is built like; ``""`` for ONNX."""

    architecture: str = ""


def is_own(name: str) -> bool:
    """Whether the name of a network means a file, of a kind that can be taken or of one that is refused."""
    return _suffix(name) in {*SUFFIXES, *_REFUSED}


def own_card(path: str) -> OwnCard:
    """The card of the network in a file, as ``mynet.json`` beside ``mynet.pth`` describes it.

    What the description leaves out is as in the card of its architecture; for ONNX, as usual for networks trained on
    ImageNet.

    Raises:
        WrongUse: no such file, a kind that is refused, or a description that is missing or wrong.
    """
    file = Path(os.path.abspath(path))
    size_bytes = _check_file(file)
    told, like = _read_description(file)
    try:
        return _filled_in(file, size_bytes, told, like)
    except WrongUse as error:
        raise WrongUse(f"{description_path(file)}: {error}.") from error


def description_path(file: str | os.PathLike[str]) -> str:
    """The JSON file that describes a network's file, as shown to people."""
    return escape_path(str(Path(file).with_suffix(".json")))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _check_file(file: Path) -> int:
    """Refuse, with the reason, what is seen to be no network that can be taken; how many bytes the file has."""
    shown, suffix = escape_path(str(file)), _suffix(file.name)
    if suffix not in SUFFIXES:
        refusal = _REFUSED.get(suffix, f"a network's file ends with {', '.join(SUFFIXES)}.")
        raise WrongUse(f"{shown}: {refusal}")
    size_bytes = _size_bytes(file)
    if size_bytes is None:
        raise WrongUse(f"{shown}: there is no such file. Give the path of a file that ends with {', '.join(SUFFIXES)}.")
    try:
        with file.open("rb") as opened:
            beginning = opened.read(512)
    except OSError as error:
        raise WrongUse(f"{shown}: it cannot be read ({error.strerror}).") from error
    if refusal := _refusal(file, beginning):
        raise WrongUse(f"{shown}: {refusal}")
    return size_bytes


def _size_bytes(path: Path) -> int | None:
    """The size of a file; None where there is none. Raises WrongUse: it cannot be told, as on a share that is away."""
    try:
        state = os.stat(path)  # Path.is_file raises, or tells nothing of the reason, by the version of Python
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a name with a zero byte
        return None
    except OSError as error:
        raise WrongUse(f"{escape_path(str(path))}: it cannot be reached ({error.strerror}). Connect its drive, or copy "
                       "the file to a folder that you may read.") from error
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def _refusal(file: Path, beginning: bytes) -> str:
    """Why a file with these first bytes is no network, or ``""``."""
    if not beginning:
        return "the file is empty. Copy or download it again."
    pickles = _PICKLES if _suffix(file.name) in (".pth", ".pt") else ()  # elsewhere the same bytes may be a length
    if beginning.startswith(pickles):
        return _PICKLE
    for start, refusal in _BEGINNINGS:
        if beginning.lstrip().lower().startswith(start.lower()):
            return refusal
    if beginning.startswith(b"PK"):
        return next((_ZIP_ENTRIES[name] for name in _zip_names(file) if name in _ZIP_ENTRIES), "")
    return ""


def _zip_names(file: Path) -> list[str]:
    """The last parts of the names in a zip file; none where its list is damaged, which torch will tell."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [name.rpartition("/")[2] for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, struct.error):
        return []


def _read_description(file: Path) -> tuple[dict[str, Any], ModelCard | None]:
    """What the JSON file beside a network tells, and the card of its architecture."""
    sidecar = file.with_suffix(".json")
    onnx = _suffix(file.name) == ONNX
    if _size_bytes(sidecar) is None:
        raise WrongUse(f"{escape_path(str(file))}: its description is missing. Write a text file "
                       f"{description_path(file)}, such as: {_example(onnx)}")
    known = {card.name: card for card in network_cards() if card.builder == f"{imagenet.__name__}:build"}
    kinds = {"title": text(60), **PREPARATION, **(
        {"layer": text(), "dimension": whole(1, 1_000_000)} if onnx else {"architecture": one_of(*known)})}
    try:
        told = check(read_json(sidecar), kinds, ["dimension"] if onnx else ["architecture"])
    except WrongUse as error:
        raise WrongUse(f"{description_path(file)}: {error}. A complete one: {_example(onnx)}") from error
    return told, known[told["architecture"]] if not onnx else None


def _example(onnx: bool) -> str:
    which = {"dimension": 512} if onnx else {"architecture": "resnet18"}
    return json.dumps({**which, "title": "My network", "input_px": 224, "mean": [0.485, 0.456, 0.406],
                       "std": [0.229, 0.224, 0.225]})


def _filled_in(file: Path, size_bytes: int, told: dict[str, Any], like: ModelCard | None) -> OwnCard:
    prepared = preparation(told, like)
    if like and not like.dense and prepared["input_px"] != like.input_px:
        raise WrongUse(f'"input_px" is {prepared["input_px"]}, but {like.name} takes pictures of {like.input_px} '
                       "pixels only")
    layers = like.layers if like else (
        Layer(PENULTIMATE, "Output of the network", told["dimension"], told.get("layer", ""), averaged=()),)
    return OwnCard(
        name=str(file), title=told.get("title", escape_path(file.stem)), group="own",
        advice=f"Your own network, from the file {escape_path(file.name)}.", **prepared, layers=layers,
        weights=Weights(escape_path(str(file)), round(size_bytes / 2**20, 3), "your own", path=str(file)),
        builder=f"{__package__}.networks.own:build", paper=like.paper if like else "",
        dense=like.dense if like else False, microscopy=like.microscopy if like else (PENULTIMATE,),
        architecture=told.get("architecture", ""))
