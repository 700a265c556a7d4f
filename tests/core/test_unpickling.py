"""Opening a pickle of weights gives arrays and runs no code."""

import os
import pickle
import pickletools

import numpy as np
import pytest

from orangecontrib.imaging.core import weights
from orangecontrib.imaging.core.cards import find_card
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.weights import load_weights, unpickle_arrays


def test_every_kernel_is_found_under_its_name_with_axes_height_width_in_out():
    arrays = unpickle_arrays(load_weights(find_card("squeezenet")))
    assert len(arrays) == 2 + 3 * 8
    assert arrays["conv1"][0].shape == (3, 3, 3, 64)
    assert arrays["fire9/expand3x3"][0].shape == (3, 3, 64, 256)
    assert arrays["conv10"][0].shape == (1, 1, 512, 1000)
    assert {array.dtype for pair in arrays.values() for array in pair} == {np.dtype("float32")}
    assert sum(array.size for pair in arrays.values() for array in pair) == 1_235_496


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
