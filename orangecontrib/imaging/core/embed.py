"""From files to vectors: the only loop over batches.

One symmetric thread a core, each decoding its own few pictures and running them: decoding and network share the
cores without waiting for each other, and memory does not grow with the number of pictures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from .catalogue import network_names
from .contents import read_contents
from .device import Device, find_device, torch_settings
from .embeddings import Batch, Embeddings, Gathering
from .errors import Cancelled, NoRoom, UnreadableImage, first_line
from .found import Skipped
from .images import Picture, is_photo, read_image
from .joining import Part, embed_each, vector_parts
from .network import Network, keep_networks, load_network
from .options import Options
from .reading import Reading
from .recipe import Recipe, make_recipe
from .store import Store, file_state, file_written

if TYPE_CHECKING:
    from torch import Tensor

    _Fitted = tuple[Tensor, ...]

_Value = TypeVar("_Value")
ReadStack = Callable[[str, Reading], Picture]
_RECALLED_AT_ONCE = 1000
_NOT_FINITE = "the network gave numbers that are not finite; with half precision (fp16) choose bf16 or fp32"


def embed(paths: Sequence[str | os.PathLike[str]], model: str = "squeezenet", *, options: Options = Options(),
          reading: Reading = Reading(), device: str = "auto", store: Store | None = None,
          models: str | os.PathLike[str] | None = None, threads: int | None = None,
          on_progress: Callable[[int, int], None] | None = None, on_batch: Callable[[Batch], None] | None = None,
          on_taken: Callable[[list[int]], None] | None = None,
          cancelled: Callable[[], bool] | None = None, read_stack: ReadStack | None = None) -> Embeddings:
    """Embed pictures: each becomes the activations of some layers of a trained network.

    A picture that cannot be read is skipped with its reason and never stops the rest. Nothing is downloaded;
    `download.fetch_weights` does that.

    Args:
        paths: files, in any order; a path may occur twice.
        model: a network's name (`catalogue.all_cards()` lists them), or a file of your own (see `own.own_card`).
            Several names joined by ``+`` give their vectors side by side; all but the first give their penultimate
            layer.
        options: layers, fit, views and precision.
        reading: how files become pictures. Of channels that stand on their own, each has its vector; they lie side by
            side.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        store: where vectors are kept and found again; None computes all anew.
        models: a folder of weights files, looked into first.
        threads: how many batches run side by side; None: one a usable core.
        on_progress: called in this thread with (done, total) after each batch.
        on_batch: called in this thread with each finished batch; its vectors are those of one network.
        on_taken: called in the working threads with the rows a thread is about to read.
        cancelled: asked in this thread several times a second; True ends the work after the batches under way.
        read_stack: called in the working threads in place of `images.read_image` for what is no plain photograph.

    Raises:
        UnknownNetwork, UnknownLayer, UnknownDevice, WrongUse: there is no such choice.
        WeightsError: the network's weights are absent or not what was published.
        WorkerError: the network failed on its device, or the computer has too little memory.
        Cancelled: `cancelled` returned True. What was finished is in the store.
    """
    names, parts = [os.fspath(path) for path in paths], vector_parts(network_names(model), options, reading)
    folder = os.fspath(models) if models else None
    found = find_device(device, threads, options.precision)
    recipes = {part: make_recipe(part, found, folder) for part in parts}  # what cannot be is told before any work
    keep_networks(len({(part.network, part.options) for part in parts}))  # the next call may be for the same ones

    def embed_one(part: Part, on_progress: Callable[[int, int], None] | None) -> Embeddings:
        """The vectors of one network and channel."""
        recipe = recipes[part]
        gathering = Gathering(names, recipe.dimension)
        worker = partial(_Worker, names, recipe, store=store, on_taken=on_taken or (lambda rows: None),
                         read_stack=read_stack)
        batches = _batches(names, recipe, store, worker, cancelled or (lambda: False))
        with closing(batches):
            for batch in batches:
                gathering.add(batch)
                if on_batch:
                    on_batch(batch)
                if on_progress:
                    on_progress(gathering.done, len(names))
        used = recipe.device
        notes = (*(store.notes if store else ()), *_no_room_notes(gathering, used))
        return gathering.result(recipe.identity, used.title, used.why, used.remedy, notes)

    return embed_each(embed_one, parts, on_progress)


def _no_room_notes(gathering: Gathering, device: Device) -> tuple[str, ...]:
    """What is told of pictures that ran in smaller batches or on the processor, for want of room."""
    def note(count: int, instead: str) -> str:
        pictures, vectors = ("1 picture", "its vector") if count == 1 else (f"{count} pictures", "their vectors")
        return (f"The graphics card ({device.title}) had no room for {pictures}{instead.format(vectors)}; they may "
                "differ slightly, and are not kept in the store. Close other programs that use the graphics card, or "
                "choose CPU.")

    notes = ((gathering.halved, " at once, so it computed {} in smaller batches"),
             (gathering.on_cpu, ", so the processor computed {} in full precision"))
    return tuple(note(count, instead) for count, instead in notes if count)


def _batches(paths: list[str], recipe: Recipe, store: Store | None, worker: Callable[[Network], _Worker],
             cancelled: Callable[[], bool]) -> Generator[Batch, None, None]:
    known: set[int] = set()
    for batch in _recall(paths, recipe, store):
        known.update(batch.rows)
        yield batch
    rest = [row for row in range(len(paths)) if row not in known]
    if rest:
        with torch_settings(recipe.device.precision, recipe.device.name):
            network = load_network(recipe.card, recipe.weights, recipe.options, recipe.device, recipe.models)
            yield from _compute(rest, worker(network), cancelled)


def _recall(paths: list[str], recipe: Recipe, store: Store | None) -> Iterator[Batch]:
    """Vectors of files that are unchanged since they were embedded; none of them is opened."""
    if store is None:
        return
    for start in range(0, len(paths), _RECALLED_AT_ONCE):
        contents = store.recall_contents(paths[start:start + _RECALLED_AT_ONCE])
        vectors = store.get(recipe.identity, set(contents.values()), recipe.dimension)
        rows = [row for row, path in enumerate(paths[start:start + _RECALLED_AT_ONCE], start)
                if contents.get(path) in vectors]
        if rows:
            yield Batch(rows, np.stack([vectors[contents[paths[row]]] for row in rows]))


def _compute(rows: list[int], worker: _Worker, cancelled: Callable[[], bool]) -> Iterator[Batch]:
    """Run the worker over all rows in a few threads; yields batches as they are finished."""
    device = worker.recipe.device
    chunks = _parts(rows, device.batch)
    pool = ThreadPoolExecutor(device.threads, "embed")
    running: set[Future[Batch]] = set()
    try:
        while True:
            running |= {pool.submit(worker.embed, chunk) for chunk in islice(chunks, 2 * device.threads - len(running))}
            if not running:
                return
            if cancelled():
                raise Cancelled(cancelled_text(worker.store is not None))
            finished, running = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Worker:
    """What a thread needs to embed a few rows."""

    paths: list[str]
    recipe: Recipe
    network: Network
    store: Store | None
    on_taken: Callable[[list[int]], None]
    read_stack: ReadStack | None = None
    lock: Lock = field(default_factory=Lock)

    def embed(self, rows: list[int]) -> Batch:
        """Read, look up by content, run the rest, store."""
        self.on_taken(rows)
        seen, skipped = self._see(rows)
        vectors = {row: one.vector for row, one in seen.items() if one.vector is not None}
        found, halved, on_cpu = self._run({row: one.fitted for row, one in seen.items() if one.fitted is not None})
        fresh = {row: vector for row, vector in found.items() if np.isfinite(vector).all()}
        skipped += [Skipped(row, self.paths[row], _NOT_FINITE) for row in found if row not in fresh]
        vectors.update(fresh)
        self._keep(seen, {row: vector for row, vector in fresh.items() if row not in halved | on_cpu})
        return Batch(sorted(vectors), _stack(vectors, self.recipe.dimension), tuple(skipped), fresh.keys(),
                     len(halved & fresh.keys()), len(on_cpu & fresh.keys()),
                     {row: one.notes for row, one in seen.items() if one.notes})

    def _keep(self, seen: dict[int, _Seen], vectors: dict[int, NDArray[np.float32]]) -> None:
        if self.store is None:
            return
        keys = {row: one.content for row, one in seen.items() if one.content is not None}
        self.store.put(self.recipe.identity,
                       {keys[row]: vector for row, vector in vectors.items() if row in keys},
                       {self.paths[row]: key for row, key in keys.items()},
                       {self.paths[row]: seen[row].state for row in keys})

    def _run(self, fitted: dict[int, _Fitted]) -> tuple[dict[int, NDArray[np.float32]], set[int], set[int]]:
        """The vectors by row; the rows that ran in smaller batches for want of room, and those on the processor."""
        found: dict[int, NDArray[np.float32]] = {}
        halved: set[int] = set()
        on_cpu: set[int] = set()
        alone = self.recipe.options.fit == "dense"  # pictures of different sizes run one by one anyway
        for rows in _parts(list(fitted), 1 if alone else self.recipe.device.batch):
            pictures = [fitted[row] for row in rows]
            vectors = _unless_full(self.network.embed, pictures)
            if vectors is None and not alone:
                vectors = _unless_full(partial(self.network.embed, halving=True), pictures)
                halved.update(rows if vectors is not None else ())
            if vectors is None:
                vectors = self._on_cpu(pictures)
                on_cpu.update(rows)
            found.update(zip(rows, vectors, strict=True))
        return found, halved, on_cpu

    def _on_cpu(self, pictures: list[_Fitted]) -> NDArray[np.float32]:
        recipe = self.recipe
        cpu = find_device("cpu", recipe.device.threads)
        with self.lock:  # loaded once, not by each thread
            network = load_network(recipe.card, recipe.weights, replace(recipe.options, precision="fp32"), cpu,
                                   recipe.models)
        return np.concatenate([network.embed(some) for some in _parts(pictures, cpu.batch)])

    def _see(self, rows: list[int]) -> tuple[dict[int, _Seen], list[Skipped]]:
        """One after the other: a photograph takes 500 times the memory of what the network gets of it."""
        seen: dict[int, _Seen] = {}
        skipped = []
        for row in rows:
            try:
                seen[row] = self._look_at(self.paths[row])
            except UnreadableImage as error:
                skipped.append(Skipped(row, error.path, error.reason))
        return seen, skipped

    def _look_at(self, path: str) -> _Seen:
        state, written = file_state(path), file_written(path)
        content = read_contents(path, self.recipe.reading.joined)
        state = state if content.is_plain else None
        vector = self._known(content.key)
        if vector is not None:
            return _Seen(state, content.key, vector=vector)
        picture = self._read(path, content.data)
        if file_written(path) != written:
            raise UnreadableImage(path, "the file changed while it was read; start again")
        try:
            return _Seen(state, content.key, fitted=self.network.fit(picture.pixels), notes=picture.notes)
        except (RuntimeError, MemoryError) as error:
            reason = f"it could not be resized for the network ({first_line(error, 'out of memory')})"
            raise UnreadableImage(path, reason) from error

    def _known(self, content: bytes | None) -> NDArray[np.float32] | None:
        if self.store is None or content is None:
            return None
        return self.store.get(self.recipe.identity, [content], self.recipe.dimension).get(content)

    def _read(self, path: str, data: bytes | None) -> Picture:
        """Stacks elsewhere where that was asked for, all else here."""
        if self.read_stack is None or is_photo(data, path):
            return read_image(path, self.recipe.reading, data=data)
        return self.read_stack(path, self.recipe.reading)


def _unless_full(run: Callable[[list[_Fitted]], NDArray[np.float32]],
                 pictures: list[_Fitted]) -> NDArray[np.float32] | None:
    """The vectors; None where the graphics card has no room."""
    try:
        return run(pictures)
    except NoRoom:
        return None


@dataclass(frozen=True)
class _Seen:
    """A file: its state before it was read, its content's key; its vector if known, else its picture, fitted.

    `notes`: how the picture was read.
    """

    state: str | None
    content: bytes | None
    vector: NDArray[np.float32] | None = None
    fitted: _Fitted | None = None
    notes: tuple[str, ...] = ()


def cancelled_text(has_store: bool) -> str:
    """What a user is told who stopped the work."""
    return "The embedding was cancelled." + (" What was finished is kept." if has_store else "")


def _parts(values: list[_Value], size: int) -> Iterator[list[_Value]]:
    """So many values at a time, in their order."""
    return (values[start:start + size] for start in range(0, len(values), size))


def _stack(vectors: dict[int, NDArray[np.float32]], dimension: int) -> NDArray[np.float32]:
    """(k, dimension), by ascending row."""
    ordered = [vectors[row] for row in sorted(vectors)]
    return np.stack(ordered) if ordered else np.empty((0, dimension), dtype=np.float32)
