"""Where on this computer users' own networks lie, by their content.

What was trained with one names it without a folder, for files travel. Kept in ``models/own.json`` of the cache, which
only its owner may read.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress

from .errors import OutputError, WeightsMissing
from .own import description_path
from .paths import cache_folder, cache_path, escape_path
from .placing import placed
from .weights import download_folder, models_folders

_FILE = "own.json"
_MOST = 200


def remember_network(path: str, sha256: str) -> None:
    """Note where the network with these bytes lies; where the cache cannot be written nothing is noted.

    Args:
        path: absolute.
        sha256: of the file, in hex.
    """
    known = _known()
    if known.get(sha256) == path:
        return
    known.pop(sha256, None)
    with suppress(OSError, OutputError):
        folder = cache_folder() / "models"
        folder.mkdir(mode=0o700, exist_ok=True)
        with placed(folder / _FILE) as beside:
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(dict([*known.items(), (sha256, path)][-_MOST:]), indent=1), encoding="ascii")


def find_network_file(name: str, sha256: str) -> str:
    """The path of a user's own network: where it was when it was used here, else in a folder of weights files.

    Where several files have its name, the one with these bytes; where none has them, the first: whoever loads it looks.

    Args:
        name: of the file, without a folder.
        sha256: of the file, in hex.

    Raises:
        WeightsMissing: there is none.
    """
    places = [_known().get(sha256, ""), *(str(folder / name) for folder in models_folders())]
    here = [path for path in places if os.path.isfile(path)]
    if not here:
        raise WeightsMissing(
            f"Your own network {escape_path(name)} is not on this computer. Put the file and its description "
            f"{description_path(name)} into {escape_path(str(download_folder()))}.")
    if len(here) == 1:  # whoever loads it will read all of it
        return here[0]
    return next((path for path in here if _sha256(path) == sha256), here[0])


def _sha256(path: str) -> str:
    """In hex; ``""`` where the file cannot be read."""
    with suppress(OSError), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""


def _known() -> dict[str, str]:
    """SHA-256 -> path; a damaged record counts as none."""
    try:
        read = json.loads((cache_path() / "models" / _FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    entries = read.items() if isinstance(read, dict) else ()
    return {digest: path for digest, path in entries if isinstance(path, str)}
