"""Pictures at web addresses: fetched once, and kept in the cache. A host is asked only where the user agreed to it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from .addresses import host_of
from .errors import Cancelled, OutputError, UnreadableImage
from .paths import cache_folder, cache_path
from .placing import placed, writing
from .web_call import Stopped, answer_of

CACHE_BYTES = 4 << 30
_IN_USE_S = 24 * 3600.0  # a job may take hours, and its pictures must outlast it
_SAME_USE_S = _IN_USE_S / 2  # noted no oftener: it changes the file's ctime, and by that thumbnails are found again
_AT_ONCE = 8
_BETWEEN = 100  # new copies, from one look at the size of the cache to the next
_fetched = count(1)


def fetch_picture(url: str, hosts: Collection[str], *, cancelled: Callable[[], bool] | None = None,
                  allows_private: bool = False) -> str:
    """The path of a picture's copy in the cache; it is fetched where there is none.

    Args:
        url: http or https.
        hosts: those that may be asked, as `addresses.host_of` gives them; a redirect to another one is not followed.
        cancelled: asked several times a second.
        allows_private: also ask hosts of the user's own network, and this computer.

    Raises:
        UnreadableImage: not agreed to, unreachable, refused, too large, too slow, elsewhere now, or no room for it.
        Cancelled: `cancelled` returned True.
    """
    try:
        _check_host(url, hosts)
        place = _place(url)
        with writing(place), suppress(FileNotFoundError):
            _note_use(place)
            return str(place)
        with placed(place) as beside, open(beside, "wb") as file:
            for piece in answer_of(url, hosts, cancelled or (lambda: False), allows_private):
                file.write(piece)
        if next(_fetched) % _BETWEEN == 0:
            shrink_cache(kept={place})
    except (Stopped, OutputError) as error:
        raise UnreadableImage(url, str(error)) from error
    return str(place)


def kept_copy(url: str) -> str | None:
    """The path of a picture's copy in the cache, or None; nothing is fetched. Raises OutputError: there is no cache."""
    place = _place(url)
    with writing(place), suppress(FileNotFoundError):
        _note_use(place)
        return str(place)
    return None


def local_copies(paths: Sequence[str], hosts: Collection[str], *, on_progress: Callable[[int, int], None] | None = None,
                 cancelled: Callable[[], bool] | None = None,
                 allows_private: bool = False) -> tuple[dict[str, str], dict[str, str]]:
    """Fetch the web addresses among some paths, several at once.

    Returns:
        The path of each address's copy, and the reason for each address that has none.

    Raises:
        Cancelled: `cancelled` returned True.
        OutputError: the cache cannot be made.
    """
    addresses = list(dict.fromkeys(path for path in paths if host_of(path)))
    if addresses:
        shrink_cache(kept=frozenset(map(_place, addresses)))
    copies: dict[str, str] = {}
    reasons: dict[str, str] = {}
    fetch = partial(fetch_picture, hosts=hosts, cancelled=cancelled, allows_private=allows_private)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = {address: pool.submit(fetch, address) for address in addresses}
        for done, (address, job) in enumerate(jobs.items(), 1):
            try:
                copies[address] = job.result()
            except UnreadableImage as error:
                reasons[address] = error.reason
            except Cancelled:
                pool.shutdown(cancel_futures=True)
                raise
            if on_progress:
                on_progress(done, len(jobs))
    return copies, reasons


def shrink_cache(limit_bytes: int = CACHE_BYTES, kept: Collection[Path] = ()) -> None:
    """Remove the copies that were not used for longest, where they are too many.

    Those in `kept` stay, and those used in the last 36 hours: another job, of whatever process, may be at them.
    """
    total, recent = 0, time.time() - _IN_USE_S - _SAME_USE_S
    for used, size, path in sorted(_copies(), reverse=True):
        total += size
        if total > limit_bytes and used < recent and path not in kept:
            with suppress(OSError):  # gone by now; or being read, on Windows
                path.unlink()


def _note_use(place: Path) -> None:
    """Of a copy that is here, by its atime; its mtime says, as of any file, when it was written."""
    state = place.stat()
    if time.time() - _used(state) > _SAME_USE_S:
        os.utime(place, ns=(time.time_ns(), state.st_mtime_ns))


def _used(state: os.stat_result) -> float:
    """When a copy was used last: fetched, noted, or read where the system notes that."""
    return max(state.st_atime, state.st_mtime)


def _copies() -> list[tuple[float, int, Path]]:
    """When each copy was used last, its bytes, and its place."""
    copies = []
    for path in _folder().iterdir():
        with suppress(FileNotFoundError):  # another process removed it
            state = path.stat()
            copies.append((_used(state), state.st_size, path))
    return copies


def _folder() -> Path:
    """Raises OutputError where it cannot be made."""
    with writing(cache_path()):
        folder = cache_folder() / "web"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def _place(url: str) -> Path:
    """A name of its own for each address, with the ending that the address has."""
    ending = os.path.splitext(urlsplit(url).path)[1].lower()
    kept = ending if 1 < len(ending) <= 6 and ending[1:].isalnum() and ending.isascii() else ""
    return _folder() / (hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest() + kept)


def _check_host(url: str, hosts: Collection[str]) -> None:
    host = host_of(url)
    if not host:
        raise Stopped("only http and https addresses are fetched")
    if host not in hosts:
        raise Stopped(f"you have not allowed to fetch pictures from {host}")
