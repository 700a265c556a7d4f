"""The example workflow for many pictures, with as many files: how long it holds the window, and by what."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .machine import SOURCE
from .stalls import Stalls

if TYPE_CHECKING:
    from orangewidget.widget import OWBaseWidget

FLOW = SOURCE / "tutorials" / "large.ows"
_SIDE_PX, _CLASSES, _DIMENSION = 32, 4, 512


def flow_stalls(folder: Path, count: int) -> tuple[float, Stalls]:
    """Seconds until all is shown, and the stalls meanwhile."""
    pictures = write_pictures(folder / "pictures", count)
    fill_store(pictures)
    return run_flow(folder / "pictures")


def write_pictures(folder: Path, count: int) -> list[Path]:
    """PNG files of 32 x 32 in four sub-folders, no two alike, and old enough for the store to trust their time."""
    rng, paths, before = np.random.default_rng(0), [], time.time() - 3600
    for number in range(count):
        path = folder / f"kind {number % _CLASSES}" / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (_SIDE_PX, _SIDE_PX), np.uint8)).save(content, "png", compress_level=0)
        path.write_bytes(content.getvalue())
        os.utime(path, (before, before))
        paths.append(path)
    return paths


def fill_store(paths: list[Path]) -> None:
    """Put made vectors of these files into the store, under the identity that an embedding has here."""
    from orangecontrib.imaging.core.client import Client
    from orangecontrib.imaging.core.store import Store, file_state

    from .made_vectors import vectors_table
    client = Client()
    identity = client.embed(paths[:1], "squeezenet").identity
    client.close()
    vectors = vectors_table(len(paths), _DIMENSION).X.astype(np.float32)
    contents = {str(path): hashlib.sha256(path.read_bytes()).digest() for path in paths}
    store = Store()
    store.put(identity, dict(zip(contents.values(), vectors, strict=True)), contents,
              {path: file_state(path) for path in contents})
    store.close()


def run_flow(pictures: Path) -> tuple[float, Stalls]:
    """Run the workflow on a folder, its windows open where nobody sees them."""
    from orangecontrib.imaging.workflow.results import lay_out
    from orangecontrib.imaging.workflow.run import IMPORT_IMAGES
    from orangecontrib.imaging.workflow.session import Session
    session = Session(FLOW.read_bytes(), FLOW.parent)
    for node in session.nodes:
        if node.description.qualified_name == IMPORT_IMAGES:
            node.properties = {**node.properties, "folder": str(pictures)}
    waiting, stalls = len(session.nodes), Stalls()
    started = time.perf_counter()

    def prepare(widget: OWBaseWidget) -> None:
        nonlocal waiting
        lay_out(widget)
        waiting -= 1
        if not waiting:  # before, widgets are made and their libraries loaded, as when a workflow is opened
            stalls.begin()

    try:
        session.run(900, prepare)
        stalls.end()
        if session.failures:
            raise SystemExit(f"The workflow failed, this is no measurement: {session.failures}")
    finally:
        session.close()
    return time.perf_counter() - started, stalls
