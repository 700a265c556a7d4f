"""The vectors of a list of pictures, computed by a Dask cluster and gathered here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ..embeddings import Batch, Embeddings
from ..options import Options
from ..reading import Reading


def embed_on_cluster(address: str, paths: Sequence[str | os.PathLike[str]], model: str = "squeezenet", *,
                     options: Options = Options(), reading: Reading = Reading(), device: str = "auto",
                     on_progress: Callable[[int, int], None] | None = None,
                     on_batch: Callable[[Batch], None] | None = None,
                     on_note: Callable[[str], None] | None = None,
                     cancelled: Callable[[], bool] | None = None) -> Embeddings:
    """`embed.embed` by the workers of a Dask cluster. Blocks: call it in a thread."""
    raise NotImplementedError
