"""What parent and child say to each other survives the way, and nothing else is believed."""

import io
import json
import pickle
import struct

import numpy as np
import pytest

from orangecontrib.imaging.core import frames
from orangecontrib.imaging.core.errors import WorkerError
from orangecontrib.imaging.core.frames import pack_frame, read_frame, write_frame


def there_and_back(header, arrays=()):
    stream = io.BytesIO()
    write_frame(stream, header, arrays)
    stream.seek(0)
    return read_frame(stream)


def framed(text, body=b""):
    return io.BytesIO(struct.pack("<II", len(text), len(body)) + text + body)


@pytest.mark.parametrize("array", [
    np.arange(12, dtype=np.float32).reshape(3, 4), np.zeros((0, 512), np.float32), np.array(7, np.int64),
    np.arange(5, dtype=np.int64), np.arange(12, dtype=np.float32).reshape(3, 4).T, np.arange(6, dtype=">f4"),
    np.array([np.nan, np.inf, -0.0, 1e-45], np.float32), np.arange(24, dtype=">i8").reshape(2, 3, 4)[:, ::-1],
], ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_back_bit_for_bit(array):
    header, (found,) = there_and_back({"say": "batch"}, [array])
    assert header == {"say": "batch"}
    assert found.shape == array.shape
    assert found.tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes()


def test_headers_hold_any_text_and_names_that_are_not_utf8():
    header = {"say": "x", "paths": ["žluť\n\0", "caf\udce9", "日本" * 1000], "n": [1, None, 2.5, True]}
    assert there_and_back(header, [np.zeros(2, np.float32), np.ones(3, np.int64)])[0] == header


def test_frames_follow_each_other():
    stream = io.BytesIO()
    for number in range(3):
        write_frame(stream, {"number": number}, [np.full(number, number, np.int64)])
    stream.seek(0)
    assert [read_frame(stream)[0]["number"] for _ in range(3)] == [0, 1, 2]
    assert read_frame(stream) is None


def test_a_frame_that_is_cut_anywhere_is_a_hang_up():
    data = pack_frame({"say": "batch"}, [np.arange(10, dtype=np.float32)])
    for cut in range(len(data)):
        assert read_frame(io.BytesIO(data[:cut])) is None


@pytest.mark.parametrize("stream", [
    framed(b"no json"), framed(b"[1, 2]"), framed(b"{}"), framed(b'"text"'), framed(b'{"arrays": 3}'),
    framed(b"\xff\xfe"),
    framed(b'{"arrays": [["<f4", 5]]}', bytes(8)), framed(b'{"arrays": [["<f4", -1]]}', bytes(8)),
    framed(b'{"arrays": [["<f4", 2.5]]}', bytes(8)), framed(b'{"arrays": [["|O", 1]]}', bytes(8)),
    framed(b'{"arrays": [["<c8", 1]]}', bytes(8)), framed(b'{"arrays": [[]]}'), framed(b'{"arrays": [["<f4", "a"]]}'),
    framed(b'{"arrays": [[["<f4"], 1]]}', bytes(4)), framed(b"[" * 100_000),
], ids=range(15))
def test_garbage_is_an_error_that_says_so(stream):
    with pytest.raises(WorkerError, match="The engine sent something unreadable"):
        read_frame(stream)


def test_random_bytes_are_an_error_or_a_hang_up_and_ask_for_no_memory():
    random = np.random.default_rng(5)
    for _ in range(500):
        try:
            assert read_frame(io.BytesIO(random.bytes(64))) is None
        except WorkerError as error:
            assert "larger than the engine accepts" in str(error)


@pytest.mark.parametrize("sizes", [(frames.MAX_HEADER_BYTES + 1, 0), (2, frames.MAX_ARRAY_BYTES + 1), (2**32 - 1,) * 2])
def test_a_length_beyond_the_cap_is_refused_before_anything_is_read(sizes):
    class Stream(io.BytesIO):
        def read(self, size=-1):
            assert size <= 8
            return super().read(size)

    with pytest.raises(WorkerError, match=f"A message of {sizes[0]} \\+ {sizes[1]} bytes is larger than"):
        read_frame(Stream(struct.pack("<II", *sizes) + b"{}"))


def test_what_the_other_side_would_refuse_is_not_sent(monkeypatch):
    monkeypatch.setattr(frames, "MAX_ARRAY_BYTES", 100)
    stream = io.BytesIO()
    with pytest.raises(WorkerError, match="larger than the engine accepts"):
        write_frame(stream, {}, [np.zeros(26, np.float32)])
    assert stream.getvalue() == b""


class Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


def test_a_pickle_in_a_frame_is_never_opened():
    planted = pickle.dumps(Trap())
    with pytest.raises(WorkerError):
        read_frame(framed(planted, planted))
    header, (array,) = read_frame(framed(json.dumps({"arrays": [["<f4", len(planted) // 4]]}).encode(),
                                         planted[:len(planted) // 4 * 4]))
    assert (header, array.tobytes()) == ({}, planted[:len(planted) // 4 * 4])
