"""A network of the user's own that computes in no time, for tests of very many pictures."""

import json

import numpy as np

SIDE, WIDTH = 32, 16


def write_small_network(folder):
    """An ONNX file and the JSON beside it: a 1×1 convolution, averaged over the picture; returns the file's path."""
    from onnx import TensorProto, helper, numpy_helper

    kernel = np.random.default_rng(0).normal(size=(WIDTH, 3, 1, 1)).astype(np.float32)
    nodes = [helper.make_node("Conv", ["picture", "kernel"], ["map"]),
             helper.make_node("GlobalAveragePool", ["map"], ["pool"]),
             helper.make_node("Flatten", ["pool"], ["vector"])]
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ("n", 3, SIDE, SIDE))],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, None)], [numpy_helper.from_array(kernel, "kernel")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    (folder / "net.json").write_text(json.dumps({"dimension": WIDTH, "input_px": SIDE}))
    return str(folder / "net.onnx")
