"""Pictures at addresses: which addresses are read, which packages that needs, and what lies below one.

Only a few protocols are read, and no chains of them (``simplecache::s3://…``): a list is data, and must not reach
whatever fsspec knows. Credentials belong into the environment, where fsspec's packages look for them: addresses that
carry some are refused, since names of pictures end up in results, manifests and logs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..addresses import WEB_SCHEMES, host_of
from ..errors import Cancelled, FolderError, OutputError, WrongUse, first_line
from ..folder_walk import FileFilter
from ..found import natural_key
from ..images import IMAGE_SUFFIXES
from ..paths import escape_path, printable
from ..web_call import NoAnswer, NotAdmitted, Stopped
from .listing import Listing, make_listing

_ADDRESS = re.compile(r"[A-Za-z][\w+.:-]+://", re.ASCII)
_SECRET = re.compile(r"[?&;]([^=&;]*(signature|credential|token|secret|password|accesskey(id)?|api_?key)|sig)=",
                     re.IGNORECASE)
_SILENCE_S = 20
_LISTING_S = 3600.0  # of a bucket: some thousand keys a second
_LOOK_S = 0.1  # how often it is asked whether to go on


@dataclass(frozen=True)
class Protocol:
    """How fsspec reads what begins with ``name://``.

    Attributes:
        package: what fsspec needs for it.
        extra: of this project, that installs it.
        options: of its file system.
        errors: what it raises besides OSError, as ``module:class``.
    """

    package: str
    extra: str
    options: dict[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


_S3 = Protocol("s3fs", "s3", {"config_kwargs": {"connect_timeout": _SILENCE_S, "read_timeout": _SILENCE_S}},
               ("botocore.exceptions:BotoCoreError", "botocore.exceptions:ClientError", "aiohttp:ClientError"))
_GS = Protocol("gcsfs", "gs", {"requests_timeout": _SILENCE_S},
               ("gcsfs.retry:HttpError", "google.auth.exceptions:GoogleAuthError", "aiohttp:ClientError"))
_HTTP = Protocol("aiohttp", "http", {"simple_links": False, "allow_redirects": False,
                                      "client_kwargs": {"trust_env": True}}, ("aiohttp:ClientError",))
PROTOCOLS = {"s3": _S3, "gs": _GS, "gcs": _GS, "http": _HTTP, "https": _HTTP}


def is_address(path: str) -> bool:
    """Whether a value is an address, of whatever protocol; `check_address` says whether it is read."""
    return "://" in path and _ADDRESS.match(path) is not None


def check_address(path: str) -> None:
    """Raise WrongUse for an address that is not read: another protocol, or credentials in it."""
    name, shown = _protocol_of(path), shown_address(path)
    if name not in PROTOCOLS:
        raise WrongUse(f"{shown}: addresses that begin with {name}:// are not read, only those that begin with "
                       "s3://, gs://, http:// or https://. Copy the pictures to a folder, and name that.")
    try:
        parts = urlsplit(path)
    except ValueError as error:
        raise WrongUse(f"{shown}: this is no address ({first_line(error)}). Correct it.") from error
    if not parts.netloc:
        raise WrongUse(f"{shown}: this address names no host or bucket. Correct it.")
    if "@" in parts.netloc or _SECRET.search(path):
        raise WrongUse(f"{shown}: this address has credentials in it, which would be kept beside the results. Take "
                       "them off, and put them into the environment, where the computers that fetch it find them.")


def shown_address(address: str) -> str:
    """An address for people, without what may be secret in it."""
    return printable(re.sub(r"//[^/]*@", "//", address.partition("?")[0]))


def host_name(address: str) -> str:
    """Who is asked, for people: a web server with its port, or a bucket with its protocol."""
    name, netloc = _protocol_of(address), urlsplit(address).netloc
    return netloc if name in WEB_SCHEMES else f"{name}://{netloc}"


def list_addresses(url: str, *, only: FileFilter = FileFilter(),
                   cancelled: Callable[[], bool] | None = None) -> Listing:
    """All pictures below an address, in natural order; of a web server, those of one page that lists its files.

    Returns:
        A listing with a column ``category``: the sub-folder, as for local folders.

    Raises:
        FolderError: it cannot be listed, or there is no picture.
        WrongUse: it is not read, or a package is missing.
        Cancelled: `cancelled` returned True.
    """
    check_address(url)
    root, shown = url.rstrip("/"), shown_address(url)
    try:
        found = _names_below(root, cancelled or (lambda: False))
    except Stopped as error:
        raise FolderError(f"{shown}: the pictures there could not be listed: {error}. Check the address, the "
                          "connection, and the credentials in the environment.") from error
    places = {name: name.rpartition("/")[0] for name in found if _is_wanted(name, only)}
    if not places:
        raise FolderError(f"{shown}: no pictures at this address. Give the address of the folder that holds them, or "
                          "a list of the addresses of pictures.")
    order = {place: natural_key(place) for place in set(places.values())}
    names = sorted(places, key=lambda name: (order[places[name]], natural_key(name)))
    return make_listing(shown, root, names, {"category": [places[name] for name in names]})


def open_system(address: str) -> Any:
    """The file system of fsspec that reads an address, new: no other's listings or connections.

    Raises:
        WrongUse: a package is missing.
    """
    name = _protocol_of(address)
    protocol = PROTOCOLS[name]
    if find_spec("fsspec") is None or find_spec(protocol.package) is None:
        raise WrongUse(f"{name}:// addresses need the package {protocol.package}, which is not installed here. Install "
                       f'it: pip install "Orange3-Imaging[{protocol.extra}]", or, where Orange is not wanted, '
                       f"pip install fsspec {protocol.package}")
    import fsspec

    return fsspec.filesystem(name, skip_instance_cache=True, use_listings_cache=False, **protocol.options)


def ask(system: Any, what: str, *arguments: Any, stop: Callable[[], bool], limit_s: float, **options: Any) -> Any:
    """Call a method of a file system of `open_system`.

    Raises:
        TimeoutError: it took longer than `limit_s`.
        Cancelled: `stop` returned True.
    """
    import asyncio

    if not system.async_impl:
        return getattr(system, what)(*arguments, **options)
    job = asyncio.run_coroutine_threadsafe(getattr(system, f"_{what}")(*arguments, **options), system.loop)
    deadline = time.monotonic() + limit_s
    try:
        while not wait([job], _LOOK_S).done:
            if stop():
                raise Cancelled("The fetching of pictures was cancelled.")
            if time.monotonic() > deadline:
                raise TimeoutError
        return job.result()
    finally:
        job.cancel()


def get_file(system: Any, address: str, copy: Path, tally: Any, *, stop: Callable[[], bool], limit_s: float) -> None:
    """Have a file system of `open_system` copy one file; `tally` is fsspec's callback.

    Raises:
        Stopped, NotAdmitted, NoAnswer: as `failures`.
        OutputError: the copy cannot be kept.
        Cancelled: `stop` returned True.
    """
    with failures(address):
        try:
            ask(system, "get_file", system._strip_protocol(address), str(copy), callback=tally, stop=stop,
                limit_s=limit_s)
        except (FileNotFoundError, PermissionError):
            with keeping(copy):  # or is it our own folder that is gone?
                copy.touch()
            raise


@contextmanager
def failures(address: str) -> Iterator[None]:
    """Turn what fsspec and its packages raise into the same as `web_call.answer_of` does.

    Raises:
        Stopped: there is no such thing.
        NotAdmitted, NoAnswer: what holds for more than this address.
        OutputError: no room for a copy.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise Stopped("there is no such file") from error
    except PermissionError as error:
        raise NotAdmitted(f"access is refused ({first_line(error)})") from error
    except TimeoutError as error:
        raise NoAnswer("it took too long") from error
    except _errors_of(address) as error:
        if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
            raise OutputError("There is no room for copies of the pictures that are fetched. Make room, or name "
                              "another folder for them in the variable TMPDIR.") from error
        raise NoAnswer(first_line(error)) from error


@contextmanager
def keeping(copy: Path) -> Iterator[None]:
    """Tell what the system refuses in our own folder of copies as such, not as a host's answer.

    Raises:
        OutputError: the block raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise lost_copy(copy, (error.strerror or str(error)).lower()) from error


def lost_copy(copy: Path, reason: str) -> OutputError:
    """What is said where a copy cannot be kept; the reason is a clause."""
    return OutputError(f"{escape_path(str(copy))}: the copy of a picture that was fetched cannot be kept there "
                       f"({reason}). See that there is room and that no other program removes it, or name another "
                       "folder for copies in the variable TMPDIR, and start again: what is done is kept.")


def _protocol_of(address: str) -> str:
    return address.partition("://")[0].lower()


def _errors_of(address: str) -> tuple[type[BaseException], ...]:
    """OSError, ValueError, and what the packages that are here raise besides."""
    told = [entry.split(":") for entry in PROTOCOLS[_protocol_of(address)].errors]
    return (OSError, ValueError, *(getattr(import_module(module), name) for module, name in told
                                   if find_spec(module.partition(".")[0])))


def _names_below(root: str, stop: Callable[[], bool]) -> list[str]:
    """What lies below an address without a last ``/``, named from there. Raises Stopped."""
    system = open_system(root)
    with failures(root):
        if host_of(root):
            base = f"{root}/"
            found = ask(system, "ls", base, detail=False, stop=stop, limit_s=_LISTING_S)
        else:
            base = f"{system._strip_protocol(root)}/"
            found = ask(system, "find", base[:-1], stop=stop, limit_s=_LISTING_S)
    return [name[len(base):] for name in found if name.startswith(base)]


def _is_wanted(name: str, only: FileFilter) -> bool:
    """Whether this is a picture by its name, not hidden, and not too deep."""
    parts = name.split("/")
    ending = f".{parts[-1].rpartition('.')[2].lower()}"
    return (ending in IMAGE_SUFFIXES and only.admits(parts[-1]) and not any(part.startswith(".") for part in parts)
            and (only.depth is None or len(parts) - 1 <= only.depth))
