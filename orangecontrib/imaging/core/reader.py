"""A child process that reads pictures, one after the other, without torch, Orange or Qt.

Started by `readers.Readers` as ``python -P -m orangecontrib.imaging.core.reader``. A file that crashes a decoder, or
wants too much memory, takes only this process with it. torch comes only with an order for a picture as a network sees
it. The process ends when its parent hangs up, and after minutes without an order. See `frames` for the form of the
messages.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .cutting import look_at_slide
from .errors import UnreadableImage, WorkerError
from .frames import MAX_ARRAY_BYTES, Header, read_frame, write_frame
from .images import probe_image, read_image, read_planes, sample_image
from .memory import limit_memory
from .pipes import private_pipes
from .planes import pack_planes
from .reading import Reading
from .refusal import explain
from .thumbnails import read_thumbnail
from .tiles import Tiling

IDLE_S = 300.0
MEMORY_LIMIT_BYTES = 3 << 30  # 178 megapixels of 8-bit colour take some 2 GiB on their way; deeper ones may be refused


def main() -> None:
    """Serve orders until the parent hangs up or nothing was asked for `IDLE_S` seconds."""
    limit_memory(MEMORY_LIMIT_BYTES)
    incoming, outgoing = private_pipes()
    orders: SimpleQueue[Header] = SimpleQueue()
    Thread(target=_listen, args=(incoming, orders), daemon=True).start()
    while True:
        try:
            order = orders.get(timeout=IDLE_S)
        except Empty:
            return
        try:
            write_frame(outgoing, *_answer(order))
        except MemoryError as error:
            write_frame(outgoing, {"reason": explain(error)})


def _listen(incoming: BinaryIO, orders: SimpleQueue[Header]) -> None:
    """Queue orders, and end the process with its parent, whatever it is doing."""
    try:
        while (frame := read_frame(incoming)) is not None:
            orders.put(frame[0])
    except WorkerError as error:
        print(error, file=sys.stderr, flush=True)
    os._exit(0)


def _answer(order: Header) -> tuple[Header, list[NDArray[Any]]]:
    """What became of one file."""
    path, reading = order["path"], Reading.from_json(order["reading"])
    try:
        if order["do"] == "probe":
            return {"info": asdict(probe_image(path, reading))}, []
        if order["do"] == "thumbnail":
            small = read_thumbnail(path, order["size_px"], reading)
            return {"size": [small.full_width, small.full_height], "notes": small.notes}, [small.pixels]
        if order["do"] == "sample":
            sample = sample_image(path, reading, order["count"])
            return {"kind": sample.kind}, [sample.numbers]
        if order["do"] == "planes":
            return pack_planes(read_planes(path, reading))
        if order["do"] == "tiles":
            slide = look_at_slide(path, Tiling(**order["tiling"]))
            return {"info": asdict(slide.info)}, [slide.places]
        picture = read_image(path, reading)
        if order["do"] == "fitted":
            return {"notes": picture.notes}, [_fitted(picture.pixels, order["network"], order["fit"])]
        if picture.pixels.nbytes > MAX_ARRAY_BYTES:
            return {"reason": f"larger than {MAX_ARRAY_BYTES >> 20} MiB as a picture; choose fewer channels"}, []
        return {"notes": picture.notes}, [picture.pixels]
    except UnreadableImage as error:
        return {"reason": error.reason}, []


def _fitted(pixels: NDArray[np.uint8], network: str, fit: str) -> NDArray[np.uint8]:
    """(side, side, 3) uint8 RGB: the picture in a network's size. Only here a reader loads torch."""
    from .catalogue import find_network
    from .options import Options
    from .preprocess import fit as fit_to
    return fit_to(pixels, find_network(network), Options(fit=fit))[0].permute(1, 2, 0).contiguous().numpy()


if __name__ == "__main__":
    main()
