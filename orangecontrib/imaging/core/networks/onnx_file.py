"""A network in an ONNX file as a torch module, run by onnxruntime on the processor."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import WeightsError, first_line
from ..own import OwnCard, description_path

# The entry "location" of TensorProto.external_data, field 13 (onnx.proto): weights lie in a second file.
_EXTERNAL = re.compile(rb"\x6a..?\n\x08location\x12", re.DOTALL)
_ONE_FILE = "Save all in one file: torch.onnx.export(model, picture, 'mynet.onnx', external_data=False)."
_AVERAGED = {2: (), 3: (1,), 4: (2, 3)}


@dataclass(frozen=True)
class _Opened:
    """A session of onnxruntime; its inputs as (name, type, shape), the names of its outputs."""

    session: Any
    inputs: list[tuple[str, str, list[Any]]]
    outputs: list[str]


class OnnxNetwork(nn.Module):
    """Gives an output of an ONNX file, or an inner value, averaged over its grid. Several threads may call it.

    Vectors (n, d) stay as they are; tokens (n, tokens, d) are averaged over axis 1, maps (n, d, height, width) over
    axes 2 and 3.
    """

    def __init__(self, card: OwnCard, data: bytes) -> None:
        """Open the file. Raises WeightsError: it is damaged, refused or misdescribed, or onnxruntime is missing."""
        super().__init__()
        self._card = card
        opened, self._output = _open_at(card, data)
        self._session = opened.session
        self._input, self._batch = _check_input(card, opened.inputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, height, width) -> (n, d), both float32; on the processor, wherever x lies."""
        pictures = x.float().cpu().numpy()
        size = self._batch or len(pictures)
        parts = [self._run(pictures[start:start + size]) for start in range(0, len(pictures), size)]
        return torch.from_numpy(np.concatenate(parts)).to(x.device)

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxNetwork:
        """The same: it keeps nothing between calls, and a session cannot be copied."""
        return self

    def _run(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """At most one batch, filled up with zeros where the file asks for batches of a fixed size."""
        filled = np.zeros((self._batch or len(pictures), *pictures.shape[1:]), dtype=np.float32)
        filled[:len(pictures)] = pictures
        try:
            [found] = self._session.run([self._output], {self._input: filled})
        except _faults() as error:
            raise RuntimeError(first_line(error)) from error
        return _averaged(found)[:len(pictures)]


def _averaged(found: Any) -> NDArray[np.float32]:
    """(n, d) float32 of an array with 2, 3 or 4 axes. Raises RuntimeError for anything else."""
    if not isinstance(found, np.ndarray) or found.dtype.kind != "f" or found.ndim not in _AVERAGED:
        shape = list(found.shape) if isinstance(found, np.ndarray) else type(found).__name__
        raise RuntimeError(f'what it gives is {shape}, but it must be decimal numbers with 2, 3 or 4 axes; "layer" '
                           "names another output")
    axes = _AVERAGED[found.ndim]
    return found.mean(axes, dtype=np.float32) if axes else found.astype(np.float32)


def _open_at(card: OwnCard, data: bytes) -> tuple[_Opened, str]:
    """The opened file, and the name of what is taken: the first output, or what the card says."""
    if _EXTERNAL.search(data):
        raise WeightsError(f"{card.weights.file}: its weights lie in a second file, which is not opened. {_ONE_FILE}")
    opened = _open(card, data)
    wanted = card.layers[0].node or next(iter(opened.outputs), "")
    if wanted in opened.outputs:
        return opened, wanted
    try:
        return _open(card, _with_output(data, wanted)), wanted
    except WeightsError as error:
        raise WeightsError(f'{card.weights.file}: it has no output or inner value called "{wanted}". Its outputs: '
                           f'{", ".join(opened.outputs)}. Correct "layer" in {description_path(card.name)}.') from error


def _open(card: OwnCard, data: bytes) -> _Opened:
    try:
        import onnxruntime
    except ImportError as error:
        raise WeightsError(f"{card.weights.file}: ONNX needs onnxruntime, which is not installed. Install it: "
                           "pip install 'Orange3-Imaging[onnx]'") from error
    onnxruntime.disable_telemetry_events()
    try:
        session = onnxruntime.InferenceSession(data, _options(), providers=["CPUExecutionProvider"], enable_fallback=0)
        return _Opened(session, [(one.name, one.type, list(one.shape)) for one in session.get_inputs()],
                       [one.name for one in session.get_outputs()])
    except _faults() as error:
        raise WeightsError(f"{card.weights.file}: this is no ONNX file that can be opened; it may be damaged "
                           f"({first_line(error)}). Export it again. {_ONE_FILE}") from error


def _options() -> Any:
    """One thread, no messages; weights in a second file are looked for where nothing can be, not in this folder."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path",
                                     os.path.join(os.devnull, "nothing"))
    return options


def _faults() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its own errors have no common base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state
    names = ("Fail", "InvalidArgument", "NoSuchFile", "NoModel", "EngineError", "RuntimeException", "InvalidProtobuf",
             "NotImplemented", "InvalidGraph", "EPFail")
    return (*(getattr(state, name) for name in names), RuntimeError, ValueError, TypeError, MemoryError)


def _with_output(data: bytes, name: str) -> bytes:
    """The same model with one output more.

    A second ``graph`` field is merged into the first when the file is read, its outputs joining the others (Protocol
    Buffers, "Encoding", "Last One Wins"): ModelProto.graph is field 7, GraphProto.output 12, ValueInfoProto.name 1.
    """
    inner = name.encode()
    for number in (1, 12, 7):
        inner = bytes([number << 3 | 2]) + _varint(len(inner)) + inner
    return data + inner


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _check_input(card: OwnCard, inputs: list[tuple[str, str, list[Any]]]) -> tuple[str, int | None]:
    """The name of the input, and the size of a batch, None for any. Raises WeightsError: it takes no pictures."""
    told = ", ".join(f"{kind} {shape}" for _, kind, shape in inputs) or "nothing"
    if len(inputs) != 1 or inputs[0][1] != "tensor(float)" or not _fits(inputs[0][2]):
        raise WeightsError(f"{card.weights.file}: it takes {told}, but it must take float pictures "
                           "[n, 3, height, width] and nothing else. Export it so (tf2onnx: with --inputs-as-nchw).")
    name, _, (batch, _, *sides) = inputs[0]
    fixed = {side for side in sides if _is_fixed(side)}
    if fixed - {card.input_px}:
        raise WeightsError(f"{card.weights.file}: it takes {told}, not squares of {card.input_px} pixels. Write their "
                           f'side as "input_px" in {description_path(card.name)}; where they are no squares, export it '
                           "for squares.")
    return name, batch if _is_fixed(batch) else None


def _fits(shape: list[Any]) -> bool:
    """Whether the second of four axes can be the three colours."""
    return len(shape) == 4 and (shape[1] == 3 or not _is_fixed(shape[1]))


def _is_fixed(length: object) -> bool:
    """Whether an axis has one length; a name or None stands for any."""
    return isinstance(length, int) and length > 0
