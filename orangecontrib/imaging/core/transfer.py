"""One file over HTTP: gone on with where it was cut, asked for again after a pause, given up with a sentence.

What came so far lies in ``NAME.part``, the server's mark of its version in ``NAME.part.version``. The rest is asked for
with ``Range`` and ``If-Range`` (RFC 9110, sections 14.2 and 13.1.5), so that two versions are never put together.
Proxies are those of the environment. Only one may write a part at a time: `download` sees to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, InvalidURL
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .errors import Cancelled, WeightsError
from .paths import escape_path
from .space import check_space, size_text, writing_much
from .transfer_plan import (
    Patience,
    Plan,
    Speed,
    decide,
    slow_text,
    status_text,
    usable_mark,
    version_mark,
)

TIMEOUT_S = 30.0
_PIECE_BYTES = 2**18
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Transfer:
    """What is wanted.

    Attributes:
        url: of the file, http or https.
        target: the file's path at the end; what comes is written to its part, beside it.
        title: of the network, for sentences.
        expected_bytes: about its size; neither less than half of it nor more than twice as much is taken.
    """

    url: str
    target: Path
    title: str
    expected_bytes: int


class _Cut(Exception):
    """The transfer broke off, and asking again may help; `offline`: no connection could be made."""

    def __init__(self, reason: str, offline: bool = False) -> None:
        super().__init__(reason)
        self.offline = offline


def part_path(target: Path) -> Path:
    """Where the beginning of a file lies while the rest is awaited."""
    return target.with_name(f"{target.name}.part")


def part_bytes(target: Path) -> int:
    """How much of a file has come so far. Raises OSError."""
    return part_path(target).stat().st_size if part_path(target).is_file() else 0


def discard_part(target: Path) -> None:
    """Remove what came so far. Raises OSError."""
    part_path(target).unlink(missing_ok=True)
    _version_path(target).unlink(missing_ok=True)


def receive(transfer: Transfer, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> bool:
    """Bring the whole file into its part; its content is for the caller to check.

    Args:
        transfer: what is wanted.
        on_progress: called with (bytes here, bytes in all).
        cancelled: asked whenever something comes, and several times a second in pauses; a server that is silent
            delays it by at most `TIMEOUT_S`.

    Returns:
        Whether the last answer went on with a part, so that wrong bytes may be that part's.

    Raises:
        WeightsError: refused, unreachable, too slow, too large, or cut too often.
        OutputError: it cannot be written.
        Cancelled: `cancelled` returned True. What came is kept, as after most errors.
    """
    if urlsplit(transfer.url).scheme not in _SCHEMES:
        raise _failure(transfer, "only http and https addresses are asked")
    patience = Patience()
    while True:
        try:
            return _ask_once(transfer, on_progress, cancelled)
        except _Cut as cut:
            pause_s = patience.pause_s(cut.offline, part_bytes(transfer.target))
            if pause_s is None:
                raise _failure(transfer, str(cut)) from cut
        _wait(pause_s, cancelled)


def _ask_once(transfer: Transfer, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> bool:
    """One request, and its answer written; whether it went on with a part. Raises _Cut, and as `receive`."""
    _check_not(cancelled)
    have, version = _kept(transfer)
    with _answer(transfer.url, have, version) as answer:
        plan = decide(answer.status, answer.headers, have)
        if plan.do == "write":
            _write(transfer, plan, answer, on_progress, cancelled)
        elif plan.do == "from zero":
            discard_part(transfer.target)
            raise _Cut("the server did not go on where it was asked to")
        elif plan.do == "ask later":
            raise _Cut(status_text(answer.status))
        elif plan.do == "refuse":
            raise _failure(transfer, status_text(answer.status))
    return plan.start > 0


def _kept(transfer: Transfer) -> tuple[int, str]:
    """The size of the part and its version; (0, "") where it cannot be gone on with."""
    with writing_much(transfer.title, transfer.expected_bytes, transfer.target):
        size = part_bytes(transfer.target)
        try:
            version = usable_mark(_version_path(transfer.target).read_text(encoding="ascii"))
        except (FileNotFoundError, UnicodeDecodeError):
            version = ""
    return (size, version) if size and version else (0, "")


class _HttpOnly(HTTPRedirectHandler):
    """Follows a server that sends on, but only to http and https: never to a file or to ftp."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage,
                         newurl: str) -> Request | None:
        if urlsplit(newurl).scheme not in _SCHEMES:
            raise HTTPError(newurl, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _answer(url: str, have: int, version: str) -> AbstractContextManager[Any]:
    """The server's answer, whatever its status. Raises _Cut."""
    headers = {"User-Agent": "orange-imaging", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    try:
        answer: AbstractContextManager[Any] = build_opener(_HttpOnly).open(Request(url, headers=headers),
                                                                           timeout=TIMEOUT_S)
        return answer
    except HTTPError as error:
        return error
    except URLError as error:
        offline = not isinstance(error.reason, TimeoutError)
        raise _Cut(f"no connection could be made ({_clause(error.reason)})", offline) from error
    except (InvalidURL, ValueError) as error:
        raise _Cut(f"no connection could be made ({_clause(error)})", offline=True) from error
    except (OSError, HTTPException) as error:
        raise _Cut(f"the server gave no answer ({_clause(error)})") from error


def _write(transfer: Transfer, plan: Plan, answer: Any, on_progress: Callable[[int, int], None],
           cancelled: Callable[[], bool]) -> None:
    """Append an answer's body to the part, or begin it anew. Raises _Cut, and as `receive`."""
    total = _checked_total(transfer, plan)
    done = plan.start
    with (writing_much(transfer.title, total - plan.start, transfer.target),
          open(part_path(transfer.target), "ab" if plan.start else "wb") as file):
        if not plan.start:
            _version_path(transfer.target).write_text(version_mark(answer.headers), encoding="ascii")
        for piece in _pieces(transfer, plan, answer):
            file.write(piece)
            file.flush()  # a kill loses nothing that came
            done += len(piece)
            on_progress(done, max(total, done))
            _check_not(cancelled)
    if plan.total is not None and done < plan.total:
        raise _Cut(f"the connection broke off after {size_text(done)} of {size_text(plan.total)}")
    if not _is_plausible(transfer, done):
        discard_part(transfer.target)
        raise _failure(transfer, _wrong_size_text(transfer, done))


def _checked_total(transfer: Transfer, plan: Plan) -> int:
    """The size of the whole file, as announced or expected. Raises WeightsError, OutputError: it cannot be taken."""
    if plan.total is not None and not _is_plausible(transfer, plan.total):
        raise _failure(transfer, _wrong_size_text(transfer, plan.total))
    total = transfer.expected_bytes if plan.total is None else plan.total
    check_space(transfer.title, total - part_bytes(transfer.target), transfer.target.parent)
    return total


def _is_plausible(transfer: Transfer, size_bytes: int) -> bool:
    """Whether it can be the file: a filter's or a login page is much smaller, and a faulty server may never end."""
    return transfer.expected_bytes / 2 <= size_bytes <= 2 * transfer.expected_bytes


def _wrong_size_text(transfer: Transfer, size_bytes: int) -> str:
    return f"the server sends {size_text(size_bytes)}, where {size_text(transfer.expected_bytes)} were expected"


def _pieces(transfer: Transfer, plan: Plan, answer: Any) -> Iterator[bytes]:
    """The body, as it comes, and no more than was announced. Raises _Cut, WeightsError."""
    speed = Speed()
    left = (2 * transfer.expected_bytes + 1 if plan.total is None else plan.total) - plan.start
    while left > 0 and (piece := _read(answer, min(left, _PIECE_BYTES))):
        yield piece
        left -= len(piece)
        if speed.is_too_slow(len(piece)):
            raise _failure(transfer, slow_text())


def _read(answer: Any, at_most: int) -> bytes:
    """What has come, without waiting for more than its first byte; nothing at the end. Raises _Cut."""
    try:
        piece: bytes = answer.read1(at_most)
        return piece
    except (OSError, HTTPException) as error:
        raise _Cut(f"the connection broke off ({_clause(error)})") from error


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _check_not(cancelled)
        time.sleep(min(left, 0.1))


def _check_not(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("The download was cancelled. What came is kept for the next time.")


def _version_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.version")


def _clause(error: object) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _failure(transfer: Transfer, reason: str) -> WeightsError:
    kept = "What came is kept. " if part_bytes(transfer.target) else ""
    return WeightsError(
        f"The weights of {transfer.title} could not be downloaded from {transfer.url}: {reason}. {kept}Try again "
        f"later, or put {transfer.target.name}, brought by other means, into "
        f"{escape_path(str(transfer.target.parent))}.")
