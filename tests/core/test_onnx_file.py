"""An ONNX file gives the vectors that its graph says, in any batch and thread; what cannot be used is explained."""

import copy
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from damage import damaged

from orangecontrib.imaging.core.building import call_builder
from orangecontrib.imaging.core.cards import PENULTIMATE
from orangecontrib.imaging.core.errors import WeightsError
from orangecontrib.imaging.core.own import own_card

onnx = pytest.importorskip("onnx", reason="needs onnx, to write the files")
pytest.importorskip("onnxruntime", reason="needs onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402  (after it was found)

SIDE, WIDTH = 32, 5
KERNEL = np.random.default_rng(0).normal(size=(WIDTH, 3, 1, 1)).astype(np.float32)
PICTURES = np.random.default_rng(1).normal(size=(7, 3, SIDE, SIDE)).astype(np.float32)
MAPS = np.einsum("nchw,dc->ndhw", PICTURES, KERNEL[:, :, 0, 0])
WANTED = np.maximum(MAPS, 0).mean((2, 3))


def a_model(takes=("n", 3, SIDE, SIDE), gives="vector", steps=(), kind=TensorProto.FLOAT, kernel=KERNEL):
    """picture -> Conv 1×1 = map -> Relu = act -> mean = pool -> Flatten = vector; and the `steps` behind it."""
    nodes = [helper.make_node("Conv", ["picture", "kernel"], ["map"]), helper.make_node("Relu", ["map"], ["act"]),
             helper.make_node("GlobalAveragePool", ["act"], ["pool"]),
             helper.make_node("Flatten", ["pool"], ["vector"])]
    graph = helper.make_graph(
        [*nodes, *steps], "graph", [helper.make_tensor_value_info("picture", kind, takes)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in gives.split()],
        [numpy_helper.from_array(kernel, "kernel")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def built(folder, model, **told):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (folder / "net.onnx").write_bytes(data)
    (folder / "net.json").write_text(json.dumps({"dimension": WIDTH, "input_px": SIDE, **told}))
    return call_builder(own_card(str(folder / "net.onnx")), [PENULTIMATE], data)


def refusal(folder, model, **told):
    with pytest.raises(WeightsError) as caught:
        built(folder, model, **told)
    assert str(caught.value).startswith(f"{folder}/net.onnx: ")
    return str(caught.value).removeprefix(f"{folder}/net.onnx: ")


def vectors(network, pictures=PICTURES):
    with torch.inference_mode():
        return network(torch.from_numpy(pictures)).numpy()


@pytest.mark.parametrize("size", ["n", None, 1, 2, 4, 8])
def test_the_vectors_are_the_graphs_own_for_any_size_of_batch_in_the_file(size, tmp_path):
    network = built(tmp_path, a_model((size, 3, SIDE, SIDE)))
    np.testing.assert_allclose(vectors(network), WANTED, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(vectors(network, PICTURES[2:3]), WANTED[2:3], rtol=1e-5, atol=1e-6)


def test_channels_last_and_half_precision_come_out_the_same(tmp_path):
    network, x = built(tmp_path, a_model()), torch.from_numpy(PICTURES)
    with torch.inference_mode():
        turned = network(x.contiguous(memory_format=torch.channels_last))
        half = network(x.bfloat16())
    np.testing.assert_array_equal(turned.numpy(), vectors(network))
    assert half.dtype == torch.float32
    np.testing.assert_allclose(half.numpy(), WANTED, atol=0.02)


@pytest.mark.parametrize(("layer", "wanted"), [
    ("vector", WANTED), ("pool", WANTED), ("act", WANTED), ("map", MAPS.mean((2, 3)))])
def test_an_output_or_an_inner_value_can_be_taken_and_is_averaged_over_its_grid(layer, wanted, tmp_path):
    np.testing.assert_allclose(vectors(built(tmp_path, a_model(), layer=layer)), wanted, rtol=1e-4, atol=1e-6)


def test_the_first_output_is_taken_where_no_layer_is_named(tmp_path):
    np.testing.assert_allclose(vectors(built(tmp_path, a_model(gives="map vector"))), MAPS.mean((2, 3)), atol=1e-6)


def test_tokens_are_averaged_over_the_tokens(tmp_path):
    squeeze = helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(np.array([0, WIDTH, -1])))
    steps = (squeeze, helper.make_node("Reshape", ["act", "shape"], ["flat"]),
             helper.make_node("Transpose", ["flat"], ["tokens"], perm=[0, 2, 1]))
    np.testing.assert_allclose(vectors(built(tmp_path, a_model(gives="tokens", steps=steps))), WANTED, atol=1e-6)


def test_two_hundred_letters_name_an_inner_value_too(tmp_path):
    step = helper.make_node("Tanh", ["map"], ["x" * 200])
    found = vectors(built(tmp_path, a_model(steps=[step]), layer="x" * 200))
    np.testing.assert_allclose(found, np.tanh(MAPS).mean((2, 3)), rtol=1e-4, atol=1e-5)


def test_several_threads_may_call_it_at_once(tmp_path):
    network = built(tmp_path, a_model())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: vectors(network, PICTURES[row:row + 1]), list(range(7)) * 20))
    np.testing.assert_allclose(np.concatenate(found), np.tile(WANTED, (20, 1)), rtol=1e-5, atol=1e-6)


def test_it_can_be_copied_moved_and_put_into_evaluation_as_other_modules(tmp_path):
    network = copy.deepcopy(built(tmp_path, a_model())).cpu().eval().to(memory_format=torch.channels_last)
    np.testing.assert_allclose(vectors(network), WANTED, rtol=1e-5, atol=1e-6)


def test_a_wrong_dimension_is_answered_with_the_right_one(tmp_path):
    assert refusal(tmp_path, a_model(), dimension=4) == (
        f'its vectors have 5 numbers, not 4. Write "dimension": 5 in {tmp_path}/net.json.')


def test_a_wrong_layer_is_answered_with_the_outputs(tmp_path):
    assert refusal(tmp_path, a_model(gives="vector map"), layer="nowhere") == (
        'it has no output or inner value called "nowhere". Its outputs: vector, map. Correct "layer" in '
        f"{tmp_path}/net.json.")


def test_another_size_of_pictures_is_answered_with_the_right_one(tmp_path):
    found = refusal(tmp_path, a_model(), input_px=64)
    assert found.startswith("it takes tensor(float) ['n', 3, 32, 32], not squares of 64 pixels. Write their side as")
    assert "where they are no squares" in refusal(tmp_path, a_model(("n", 3, SIDE, 48)))


@pytest.mark.parametrize(("model", "told"), [
    (a_model(("n", SIDE, SIDE, 3)), "it takes tensor(float) ['n', 32, 32, 3], but it must take float pictures"),
    (a_model(("n", 4, SIDE, SIDE), kernel=np.ones((WIDTH, 4, 1, 1), np.float32)), "it takes tensor(float) ['n', 4, "),
    (a_model(kind=TensorProto.FLOAT16, kernel=KERNEL.astype(np.float16)), "it takes tensor(float16) ['n', 3, 32, 32]"),
], ids=["channels last", "four channels", "half precision"])
def test_a_network_that_takes_no_pictures_is_refused(model, told, tmp_path):
    for output in model.graph.output:
        output.type.tensor_type.elem_type = model.graph.input[0].type.tensor_type.elem_type
    found = refusal(tmp_path, model)
    assert found.startswith(told)
    assert found.endswith("Export it so (tf2onnx: with --inputs-as-nchw).")


def test_a_network_with_no_input_or_two_is_refused(tmp_path):
    model = a_model(steps=[helper.make_node("Add", ["vector", "other"], ["sum"])], gives="sum")
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, ["n", WIDTH]))
    assert refusal(tmp_path, model).startswith(
        "it takes tensor(float) ['n', 3, 32, 32], tensor(float) ['n', 5], but it must take")
    graph = helper.make_graph([helper.make_node("Identity", ["k"], ["vector"])], "graph", [], model.graph.output[:0], [
        numpy_helper.from_array(KERNEL, "k")])
    graph.output.append(helper.make_tensor_value_info("vector", TensorProto.FLOAT, None))
    constant = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    assert refusal(tmp_path, constant).startswith("it takes nothing, but it must take float pictures")


def test_an_output_without_a_row_for_each_picture_is_refused(tmp_path):
    baked = helper.make_node("Constant", [], ["one"], value=numpy_helper.from_array(np.array([1, -1])))
    model = a_model(steps=[baked, helper.make_node("Reshape", ["vector", "one"], ["flat"])], gives="flat")
    assert refusal(tmp_path, model).startswith("for two pictures it gives [1, 10], but it must be one vector a picture")
    lonely = a_model(steps=[helper.make_node("ReduceMean", ["vector"], ["mean"], axes=[1], keepdims=0)], gives="mean")
    assert "what it gives is [2], but it must be decimal numbers with 2, 3 or 4 axes" in refusal(tmp_path, lonely)
    whole = a_model(steps=[helper.make_node("Cast", ["vector"], ["whole"], to=TensorProto.INT64)], gives="whole")
    whole.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    assert "what it gives is [2, 5], but it must be decimal numbers" in refusal(tmp_path, whole)
    several = a_model(steps=[helper.make_node("SequenceConstruct", ["vector", "vector"], ["both"])], gives="vector")
    assert "what it gives is list, but" in refusal(tmp_path, several, layer="both")


def test_a_graph_that_fails_while_it_runs_is_refused(tmp_path):
    shape = helper.make_node("Constant", [], ["three"], value=numpy_helper.from_array(np.array([3, -1])))
    model = a_model(steps=[shape, helper.make_node("Reshape", ["vector", "three"], ["odd"])], gives="odd")
    assert refusal(tmp_path, model).startswith("it fails on pictures of 32 × 32 pixels ([ONNXRuntimeError]")


def test_infinite_numbers_are_refused(tmp_path):
    found = refusal(tmp_path, a_model(steps=[helper.make_node("Log", ["vector"], ["log"])], gives="log"))
    assert found.startswith("it gives infinite or undefined numbers.")


def in_two_files(folder, location="weights.bin"):
    """A model with its kernel in a second file, as exporters write it by default."""
    model = a_model()
    tensor = model.graph.initializer[0]
    (folder / "weights.bin").write_bytes(tensor.raw_data)
    onnx.external_data_helper.set_external_data(tensor, location, offset=0, length=len(tensor.raw_data))
    tensor.ClearField("raw_data")
    return model.SerializeToString()


def test_weights_in_a_second_file_are_refused_even_where_it_lies_beside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(tmp_path, in_two_files(tmp_path)) == (
        "its weights lie in a second file, which is not opened. Save all in one file: "
        "torch.onnx.export(model, picture, 'mynet.onnx', external_data=False).")


def test_a_second_file_is_not_opened_when_it_is_named_in_another_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = in_two_files(tmp_path)
    key, value = b"\n\x08location", b"\x12\x0bweights.bin"
    assert data.count(key + value) == 1
    found = refusal(tmp_path, data.replace(key + value, value + key))
    assert found.startswith("this is no ONNX file that can be opened; it may be damaged (")


def test_a_missing_onnxruntime_is_answered_with_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert refusal(tmp_path, a_model()) == (
        "ONNX needs onnxruntime, which is not installed. Install it: pip install 'Orange3-Imaging[onnx]'")


NOT_ONNX = {"one byte": b"x", "zeros": b"\0" * 200, "zip": b"PK\3\4" + b"\0" * 50,
            "noise": np.random.default_rng(0).bytes(3000),
            "a name that is no text": a_model().SerializeToString().replace(b"\x12\1n", b"\x12\1\xbc", 1)}


@pytest.mark.parametrize("data", NOT_ONNX.values(), ids=NOT_ONNX)
def test_what_is_no_onnx_is_refused(data, tmp_path):
    found = refusal(tmp_path, data)
    assert found.startswith("this is no ONNX file that can be opened; it may be damaged (")
    assert found.endswith("Export it again. Save all in one file: torch.onnx.export(model, picture, 'mynet.onnx', "
                          "external_data=False).")


def test_no_damage_to_a_file_ends_otherwise_than_in_a_sentence_or_a_network(tmp_path, capfd):
    ended = set()
    for data in damaged(a_model().SerializeToString(), 300):
        try:
            ended.add(vectors(built(tmp_path, data or b"x")).shape)
        except WeightsError as error:
            assert str(error).startswith(f"{tmp_path}/net.onnx: ")
            ended.add("refused")
    assert ended == {"refused", (7, WIDTH)}
    assert capfd.readouterr().out == ""


def test_what_torch_exports_is_taken(tmp_path):
    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, WIDTH, 3)

        def forward(self, x):
            return torch.relu(self.conv(x)).mean((2, 3))

    tiny = Tiny().eval()
    torch.onnx.export(tiny, (torch.zeros(1, 3, SIDE, SIDE),), str(tmp_path / "exported.onnx"), dynamo=False)
    with torch.inference_mode():
        wanted = tiny(torch.from_numpy(PICTURES)).numpy()
    np.testing.assert_allclose(vectors(built(tmp_path, (tmp_path / "exported.onnx").read_bytes())), wanted,
                               rtol=1e-4, atol=1e-6)
