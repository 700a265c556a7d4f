"""A user's own network is a file and a description beside it; what is wrong is said, and none of it needs torch."""

import errno
import io
import json
import os
import pickle
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from orangecontrib.imaging.core import fields, own
from orangecontrib.imaging.core.cards import PENULTIMATE, Layer, find_card, network_cards
from orangecontrib.imaging.core.errors import WrongUse
from orangecontrib.imaging.core.own import SUFFIXES, is_own, own_card

SOURCE = Path(__file__).resolve().parents[2]
DOC = (SOURCE / "doc" / "own-networks.rst").read_text(encoding="utf-8")


def a_file(folder, name="mynet.pth", content=b"weights", **told):
    """A network's file with its description; without one where nothing is told."""
    path = folder / name
    path.write_bytes(content)
    if told:
        path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
    return str(path)


def refusal(path):
    with pytest.raises(WrongUse) as caught:
        own_card(path)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.pth", "a.PT", "/x/a.b.safetensors", "a.onnx", "a.pt2", "a.ts", "a.pkl", "a.pickle",
                                  "a.h5", "a.keras", "a.ckpt", "a.bin", "a.zip", "a.tar.gz"])
def test_a_name_with_the_ending_of_a_networks_file_means_a_file(name):
    assert is_own(name)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50", "a.json", "pth", "", "a.pth/b", ".pth"])
def test_other_names_do_not(name):
    assert not is_own(name)


def test_no_network_of_ours_has_a_name_that_means_a_file():
    assert not [card.name for card in network_cards() if is_own(card.name)]


def test_what_the_description_leaves_out_is_as_in_the_card_of_its_architecture(tmp_path):
    path, like = a_file(tmp_path, content=bytes(2**20), architecture="efficientnet_b3"), find_card("efficientnet_b3")
    card = own_card(path)
    assert (card.name, card.title, card.group, card.architecture) == (path, "mynet", "own", "efficientnet_b3")
    assert (card.weights.path, card.weights.size_mb, card.weights.licence) == (path, 1.0, "your own")
    for field in ("input_px", "shorter_px", "mean", "std", "channel_order", "resample", "layers", "dense", "microscopy",
                  "paper"):
        assert getattr(card, field) == getattr(like, field), field
    assert card.top1 is None
    assert card.builder == "orangecontrib.imaging.core.networks.own:build"
    assert hash(card)


def test_what_the_description_tells_is_taken_with_means_turned_to_255(tmp_path):
    card = own_card(a_file(tmp_path, architecture="resnet18", title="Leaves", input_px=320, shorter_px=400,
                           mean=[0.485, 0, 1], std=[0.229, 0.5, 1], channel_order="BGR", filter="lanczos"))
    assert (card.title, card.input_px, card.shorter_px, card.resample) == ("Leaves", 320, 400, "lanczos")
    assert (card.channel_order, card.mean, card.std) == ("BGR", (123.675, 0, 255), (58.395, 127.5, 255))


def test_the_usual_numbers_of_imagenet_give_the_very_numbers_of_the_other_cards(tmp_path):
    card = own_card(a_file(tmp_path, architecture="resnet18", mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]))
    assert (card.mean, card.std) == (find_card("resnet18").mean, find_card("resnet18").std)


def test_the_shorter_side_keeps_its_ratio_when_only_the_square_is_told(tmp_path):
    assert own_card(a_file(tmp_path, architecture="resnet18", input_px=448)).shorter_px == 512


def test_means_that_are_not_told_follow_their_colours_into_another_order(tmp_path):
    card = own_card(a_file(tmp_path, architecture="resnet18", channel_order="BGR"))
    assert (card.mean, card.std) == ((103.53, 116.28, 123.675), (57.375, 57.12, 58.395))


def test_an_onnx_file_has_one_layer_and_what_is_usual(tmp_path):
    card = own_card(a_file(tmp_path, "mynet.onnx", dimension=384, layer="tokens", input_px=256))
    assert card.layers == (Layer(PENULTIMATE, "Output of the network", 384, "tokens", averaged=()),)
    assert (card.input_px, card.shorter_px, card.channel_order, card.resample) == (256, 292, "RGB", "bilinear")
    assert (card.mean, card.std) == ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    assert (card.dense, card.microscopy, card.architecture) == (False, (PENULTIMATE,), "")
    plain = own_card(a_file(tmp_path, "plain.onnx", dimension=384))
    assert (plain.input_px, plain.shorter_px, plain.layers[0].node) == (224, 256, "")


def test_a_path_may_be_relative_and_hold_bytes_that_are_no_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"n\xe9t.pth")
    a_file(tmp_path, name, architecture="resnet18")
    card = own_card(name)
    assert card.name == card.weights.path == os.path.join(tmp_path, name)
    assert card.title == "bytes:n%E9t"
    assert (card.title + card.advice + card.weights.file).encode()
    os.unlink(os.path.join(tmp_path, os.fsdecode(b"n\xe9t.json")))
    assert refusal(name).encode()


def test_a_missing_description_is_answered_with_a_complete_one_that_works(tmp_path):
    for name in ("mynet.pth", "mynet.onnx"):
        path = a_file(tmp_path, name)
        told = refusal(path)
        description = Path(path).with_suffix(".json")
        assert told.startswith(f"{path}: its description is missing. Write a text file {description}, such as: ")
        description.write_text(told.partition("such as: ")[2])
        assert own_card(path).title == "My network"
        description.unlink()


@pytest.mark.parametrize(("told", "words"), [
    ({"architecture": "resnet5"}, '"architecture" is "resnet5", but it must be one of: mobilenet'),
    ({"title": "x"}, '"architecture" is missing: one of: mobilenet'),
    ({"architecture": "squeezenet"}, "but it must be one of: "),
    ({"architecture": "resnet18", "maen": [0, 0, 0]}, '"maen" is not a key; did you mean "mean"? (allowed: title, '),
    ({"architecture": "resnet18", "layer": "fc"}, '"layer" is not a key'),
    ({"architecture": "resnet18", "mean": [123.7, 116.3, 103.5]},
     '"mean" is [123.7, 116.3, 103.5], but it must be three numbers from 0 to 1, one a channel, for pixels from 0 to 1,'
     " such as [0.485, 0.456, 0.406]."),
    ({"architecture": "resnet18", "std": [0, 0, 0]}, '"std" is [0, 0, 0], but it must be three numbers from 0.001'),
    ({"architecture": "resnet18", "std": [1, 1]}, '"std" is [1, 1], but'),
    ({"architecture": "resnet18", "mean": [True, 0, 0]}, '"mean" is [true, 0, 0], but'),
    ({"architecture": "resnet18", "mean": [float("nan")] * 3}, '"mean" is [NaN, NaN, NaN], but'),
    ({"architecture": "resnet18", "input_px": "224"}, '"input_px" is "224", but it must be a whole number from 32 to'),
    ({"architecture": "resnet18", "input_px": 31}, '"input_px" is 31, but'),
    ({"architecture": "resnet18", "input_px": True}, '"input_px" is true, but'),
    ({"architecture": "resnet18", "shorter_px": 200}, '"shorter_px" is 200, but the square of 224 pixels is cut out'),
    ({"architecture": "resnet18", "channel_order": "rgb"}, '"channel_order" is "rgb", but it must be one of: RGB, BGR'),
    ({"architecture": "resnet18", "filter": ["lanczos"]}, "but it must be one of: bilinear, bicubic, lanczos"),
    ({"architecture": "resnet18", "title": " "}, '"title" is " ", but it must be one line of text, at most 60 letters'),
    ({"architecture": "resnet18", "title": "a\nb"}, "but it must be one line"),
    ({"architecture": "resnet18", "title": "a" * 61}, "a …, but it must be one line"),
    ({"architecture": "vit_b_16", "input_px": 384}, '"input_px" is 384, but vit_b_16 takes pictures of 224 pixels'),
])
def test_a_wrong_description_is_refused_with_file_key_and_what_is_allowed(told, words, tmp_path):
    found = refusal(a_file(tmp_path, **told))
    assert found.startswith(f"{tmp_path}/mynet.json: ")
    assert words in found
    assert found.rstrip("}").endswith((".", "]"))


@pytest.mark.parametrize(("told", "words"), [
    ({"title": "x"}, '"dimension" is missing: a whole number from 1 to 1000000'),
    ({"dimension": 0}, '"dimension" is 0, but'),
    ({"dimension": 4, "architecture": "resnet18"}, '"architecture" is not a key'),
    ({"dimension": 4, "layer": ""}, '"layer" is "", but it must be one line of text'),
])
def test_an_onnx_file_is_described_by_its_dimension(told, words, tmp_path):
    assert words in refusal(a_file(tmp_path, "mynet.onnx", **told))


@pytest.mark.parametrize(("content", "words"), [
    (b"", "it is no JSON (Expecting value"),
    (b"{'architecture': 'resnet18'}", "it is no JSON (Expecting property name"),
    (b"\xff\xfe{\x00", "it is no JSON ('utf-8' codec"),
    (b"[" * 100_000, "it is no JSON (maximum recursion"),
    (b"[1, 2]", "it must hold names with values between { and }"),
    (b'{"architecture": "resnet18", "title": "\\ud800"}', '"title" is "\\ud800", but it must be one'),
    (b" " * (fields.LARGEST_BYTES + 1), "it is larger than 1 MB"),
], ids=lambda value: value if isinstance(value, str) else "file")
def test_a_description_that_is_no_json_is_refused(content, words, tmp_path):
    path = a_file(tmp_path)
    (tmp_path / "mynet.json").write_bytes(content)
    assert f"{tmp_path}/mynet.json: {words}" in refusal(path)


def test_a_description_may_begin_with_the_mark_that_windows_editors_write(tmp_path):
    path = a_file(tmp_path)
    (tmp_path / "mynet.json").write_bytes(b'\xef\xbb\xbf{"architecture": "resnet18"}')
    assert own_card(path).architecture == "resnet18"


def test_a_file_that_cannot_be_opened_says_so(tmp_path, monkeypatch):
    path = a_file(tmp_path, architecture="resnet18")

    def closed(*arguments):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(fields, "open", closed, raising=False)
        assert "mynet.json: it cannot be read (Permission denied). A complete one: {" in refusal(path)
    monkeypatch.setattr("pathlib.Path.open", closed)
    assert refusal(path) == f"{path}: it cannot be read (Permission denied)."


@pytest.mark.parametrize("ending", [".pth", ".json"])
@pytest.mark.parametrize("number", [errno.EACCES, errno.ESTALE, errno.EIO])
def test_a_file_or_description_that_cannot_be_reached_says_why(ending, number, tmp_path, monkeypatch):
    def stat(path, *arguments, **options):
        if str(path).endswith(ending):
            raise OSError(number, os.strerror(number), path)
        return plain(path, *arguments, **options)

    path, plain = a_file(tmp_path, architecture="resnet18"), os.stat
    monkeypatch.setattr(os, "stat", stat)
    assert refusal(path) == (f"{tmp_path}/mynet{ending}: it cannot be reached ({os.strerror(number)}). Connect its "
                             "drive, or copy the file to a folder that you may read.")


def test_a_file_that_goes_after_it_was_looked_at_is_no_crash(tmp_path, monkeypatch):
    path = a_file(tmp_path, content=bytes(2**20), architecture="resnet18")
    monkeypatch.setattr(own, "read_json", lambda sidecar: os.remove(path) or {"architecture": "resnet18"})
    assert own_card(path).weights.size_mb == 1


def test_a_file_that_is_not_there_or_of_no_known_kind_is_named(tmp_path):
    assert refusal(str(tmp_path / "no.pth")) == (f"{tmp_path}/no.pth: there is no such file. Give the path of a file "
                                                 "that ends with .safetensors, .pth, .pt, .onnx.")
    assert "net.txt: a network's file ends with .safetensors, .pth, .pt, .onnx." in refusal(a_file(tmp_path, "net.txt"))
    (tmp_path / "folder.pth").mkdir()
    assert "there is no such file" in refusal(str(tmp_path / "folder.pth"))


@pytest.mark.parametrize(("name", "why", "instead"), [
    ("a.pt2", "torch.export made this", "torch.save(model.state_dict(), 'mynet.pth')"),
    ("a.ts", "this is TorchScript, a program", "torch.onnx.export(model, picture, 'mynet.onnx', external_data=False)"),
    ("a.pkl", "opening a pickle can run any program", "torch.save(model.state_dict()"),
    ("a.pickle", "opening a pickle can run any program", "torch.save(model.state_dict()"),
    ("a.h5", "a Keras network, which needs TensorFlow", "python -m tf2onnx.convert"),
    ("a.keras", "a Keras network, which needs TensorFlow", "python -m tf2onnx.convert"),
    ("a.ckpt", "a training checkpoint holds more than the network", "torch.save(model.state_dict()"),
    ("a.zip", "files are packed together in this one", "Unpack it, and choose the network's own file."),
    ("a.tar.gz", "files are packed together in this one", "Unpack it, and choose the network's own file."),
    ("a.bin", "this ending does not tell what is inside", "torch.save(model.state_dict()"),
])
def test_other_kinds_are_refused_with_the_reason_and_the_way_out(name, why, instead, tmp_path):
    found = refusal(a_file(tmp_path, name, architecture="resnet18"))
    assert found.startswith(f"{tmp_path}/{name}: ")
    assert why in found
    assert instead in found


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(("content", "why"), [
    (b"", "the file is empty. Copy or download it again."),
    (b"\n <!DOCTYPE html><html>", "this is a web page, not a network. Download the file itself."),
    (b"<HTML><body>", "this is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:12", "Run: git lfs pull"),
    (b"\x89HDF\r\n\x1a\n", "this is a Keras network"),
    (pickle.dumps({"a": 1}), "opening a pickle can run any program"),
    (zipped("net/data.pkl", "net/constants.pkl", "net/code/net.py"), "this is TorchScript"),
    (zipped("net/archive_format", "net/models/model.json"), "torch.export made this"),
    (zipped("serialized_exported_program.json"), "torch.export made this"),
    (zipped("config.json", "model.weights.h5"), "this is a Keras network"),
])
def test_what_is_inside_counts_whatever_the_ending_says(content, why, tmp_path):
    assert why in refusal(a_file(tmp_path, content=content, architecture="resnet18"))


def test_a_zip_file_with_a_damaged_list_raises_nothing_here(tmp_path):
    whole, draw = zipped("net/data.pkl", "net/version", "net/data/0"), random.Random(0)
    for number in range(400):
        cut = bytearray(whole[:draw.randrange(2, len(whole))] if number % 2 else whole)
        for _ in range(3):
            cut[draw.randrange(2, len(cut)) if len(cut) > 2 else 0] = draw.randrange(256)
        assert own_card(a_file(tmp_path, content=bytes(b"PK" + cut[2:]), architecture="resnet18")).group == "own"


def test_the_menu_reads_a_card_without_torch(tmp_path):
    path = a_file(tmp_path, content=zipped("net/data.pkl"), architecture="resnet18")
    code = ("import sys; from orangecontrib.imaging.core.own import own_card; from orangecontrib.imaging.core.plugins "
            f"import added_cards; print(own_card({path!r}).layers[0].dimension, len(added_cards(()).refused), "
            "[name for name in ('torch', 'onnxruntime', 'safetensors', 'Orange') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "512 0 []"


def test_every_description_in_the_help_is_accepted(tmp_path):
    examples = [json.loads(block) for block in re.findall(r"code-block:: json\n\n((?:   .*\n)+)", DOC)]
    assert len(examples) == 2
    for example in examples:
        name = "net.onnx" if "dimension" in example else "net.pth"
        assert own_card(a_file(tmp_path, name, **example)).title == example["title"]


def test_the_help_names_every_key_and_every_ending():
    words = [*fields.PREPARATION, "architecture", "title", "layer", "dimension", *SUFFIXES, ".pt2", ".h5", ".keras"]
    assert [word for word in words if f"``{word}``" not in DOC and f"mynet{word}``" not in DOC] == []


@pytest.mark.parametrize("length", [896, 1152, 1408])
def test_a_safetensors_file_whose_length_looks_like_a_pickle_is_taken(tmp_path, length):
    content = length.to_bytes(8, "little") + b"{}".ljust(length)
    assert own_card(a_file(tmp_path, "net.safetensors", content, architecture="resnet18")).title == "net"
    assert "this is a pickle" in refusal(a_file(tmp_path, "net.pth", b"\x80\3" + content, architecture="resnet18"))
