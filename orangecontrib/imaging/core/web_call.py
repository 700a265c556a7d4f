"""One question to a web server, and what it sends: bounded in size, time and redirects, and given up at once.

Only public addresses of the internet are asked: an address in a table must not reach into the user's own network.
Proxies are those of the environment; behind one, it decides whom it asks.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener, getproxies

from .addresses import WEB_SCHEMES, host_of
from .errors import Cancelled, first_line

MAX_BYTES = 256 << 20  # of one picture
_SILENCE_S = 20.0
_WHOLE_S = 300.0
_LOOK_S = 0.1  # how often it is asked whether to go on
_REDIRECTS = 5
_NOT_ADMITTED = (401, 403, 407)
_LATER = (408, 425, 429, 500, 502, 503, 504)
_PIECE_BYTES = 1 << 16
_LETTERS = "%/:=&?~#+!$,;'@()*[]"  # of an address that are not to be quoted again


class Stopped(Exception):
    """The question was given up; ``str(error)`` is the reason, a clause."""


class NotAdmitted(Stopped):
    """The server does not know who asks, or gives this one nothing: it may do so with all that is asked of it."""


class NoAnswer(Stopped):
    """The server was not reached, is overburdened or broke off: it may answer when asked again."""


def answer_of(url: str, hosts: Collection[str], cancelled: Callable[[], bool], allows_private: bool,
              max_bytes: int | None = None) -> Iterator[bytes]:
    """What a server sends for an address, piece by piece.

    A server, or the look-up of its name, may keep its asker waiting as long as it likes. So a thread of its own waits,
    and is left behind with its connection cut when the time is over or `cancelled` returns True.

    Args:
        url: http or https.
        hosts: as `addresses.host_of` gives them; a redirect to another one is not followed.
        cancelled: asked several times a second.
        allows_private: also ask hosts of the user's own network, and this computer.
        max_bytes: no more are taken; None: `MAX_BYTES`.

    Raises:
        Stopped: unreachable, refused, too large, too slow, or elsewhere now.
        Cancelled: `cancelled` returned True.
    """
    _check_wanted(cancelled)
    call = _Call(url, hosts, allows_private, MAX_BYTES if max_bytes is None else max_bytes)
    deadline = time.monotonic() + _WHOLE_S
    Thread(target=call.run, daemon=True).start()
    try:
        while piece := call.next_piece(cancelled, deadline):
            yield piece
    finally:
        call.cut()
    if call.problem:
        raise call.problem


def _check_wanted(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("The fetching of pictures was cancelled.")


class _Call:
    """A question; its thread writes, who asks reads.

    Attributes:
        problem: why the answer is not whole, known once it has ended.
    """

    def __init__(self, url: str, hosts: Collection[str], allows_private: bool, max_bytes: int) -> None:
        self._url, self._allows_private, self._max_bytes = url, allows_private, max_bytes
        self._opener = build_opener(_Redirects(hosts), _Watched(self._begin))
        self._pieces: SimpleQueue[bytes] = SimpleQueue()
        self._socket: socket.socket | None = None
        self._is_cut = False
        self.problem: Stopped | None = Stopped("this program made an error; please report it")

    def next_piece(self, cancelled: Callable[[], bool], deadline: float) -> bytes:
        """What came next, ``b""`` at the end. Raises Cancelled, or Stopped at the deadline."""
        while True:
            _check_wanted(cancelled)
            if time.monotonic() > deadline:
                raise NoAnswer(f"it took longer than {_WHOLE_S / 60:.0f} minutes")
            with suppress(Empty):
                return self._pieces.get(timeout=_LOOK_S)

    def cut(self) -> None:
        """Nobody waits any more: end the connection, or stop before one is made."""
        self._is_cut = True
        if self._socket:
            with suppress(OSError):  # it has ended
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def run(self) -> None:
        """Ask, and keep what comes."""
        try:
            self._receive()
            self.problem = None
        except Stopped as error:
            self.problem = type(error)(str(error))  # without its traceback, which would keep the connection open
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.problem = _stopped_by(error)
        finally:
            self._pieces.put(b"")

    def _receive(self) -> None:
        received = 0
        request = Request(_quoted(self._url), headers={"User-Agent": "Orange3-Imaging",
                                                       "Accept": "image/*, */*;q=0.5"})
        with self._opener.open(request, timeout=_SILENCE_S) as answer:
            if answer.headers.get_content_type() == "text/html":  # a login, an error in disguise
                raise Stopped("the server sent a web page, not a picture")
            while not self._is_cut and (piece := answer.read1(_PIECE_BYTES)):
                received += len(piece)
                if received > self._max_bytes:
                    raise Stopped(f"larger than {self._max_bytes >> 20} MB")
                self._pieces.put(piece)
            expected = answer.headers.get("Content-Length", "")
        if expected.isdecimal() and received != int(expected):
            raise NoAnswer("the connection was cut; try again")
        if not received:
            raise Stopped("the server sent nothing")

    def _begin(self, connection: http.client.HTTPConnection) -> None:
        """A connection is there, and nothing was asked yet."""
        self._socket = connection.sock
        if self._is_cut:
            connection.close()
            raise Stopped("nobody waits for it any more")
        _check_peer(connection, self._allows_private)


def _quoted(url: str) -> str:
    """The address with letters that may not stand in one, such as blanks and accents, written as ``%20``."""
    parts = urlsplit(url)
    host = parts.netloc.encode("idna").decode("ascii") if not parts.netloc.isascii() else parts.netloc
    return urlunsplit((parts.scheme, host, quote(parts.path, safe=_LETTERS), quote(parts.query, safe=_LETTERS), ""))


def _stopped_by(error: Exception) -> Stopped:
    if isinstance(error, HTTPError):
        kind = NotAdmitted if error.code in _NOT_ADMITTED else NoAnswer if error.code in _LATER else Stopped
        return kind(f"the server answered {error.code} {error.reason}".rstrip())
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        return _stopped_by(error.reason)
    if isinstance(error, TimeoutError):
        return NoAnswer(f"no answer within {_SILENCE_S:.0f} seconds")
    kind = Stopped if isinstance(error, ValueError | http.client.InvalidURL) else NoAnswer
    return kind(f"it could not be fetched ({first_line(error)})")


class _Redirects(HTTPRedirectHandler):
    """Each hop must lead to a host that was agreed to."""

    max_redirections = _REDIRECTS

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any,
                         newurl: str) -> Request | None:
        """Raise Stopped for another host, another scheme, or from https to http."""
        if host_of(newurl) not in self._hosts:
            raise Stopped(f"it has moved to {host_of(newurl) or newurl[:40]}, which you have not allowed")
        if req.type == "https" and urlsplit(newurl).scheme.lower() != "https":
            raise Stopped("it has moved to an address that is not secure")
        fp.close()  # urllib would read what comes with it, of whatever size
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_Begin = Callable[[http.client.HTTPConnection], None]


class _Watched(HTTPHandler, HTTPSHandler):
    """Both schemes, with connections that tell when they are there."""

    def __init__(self, begin: _Begin) -> None:
        super().__init__()
        self._begin = begin

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_begun, _HttpConnection, self._begin), req)

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_begun, _HttpsConnection, self._begin), req, context=_certificates())


class _HttpConnection(http.client.HTTPConnection):
    begin: _Begin

    def connect(self) -> None:
        super().connect()
        self.begin(self)


class _HttpsConnection(http.client.HTTPSConnection):
    begin: _Begin

    def connect(self) -> None:
        super().connect()
        self.begin(self)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Whose certificates are trusted: those of the system, read once, since that takes 40 ms."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _begun(kind: type[_HttpConnection | _HttpsConnection], begin: _Begin, host: str,
           **options: Any) -> http.client.HTTPConnection:
    connection = kind(host, **options)
    connection.begin = begin
    return connection


def _check_peer(connection: http.client.HTTPConnection, allows_private: bool) -> None:
    """Before anything is asked: raise Stopped where a connection leads to no public address."""
    address = ipaddress.ip_address(connection.sock.getpeername()[0].partition("%")[0])
    if not (address.is_global or allows_private or _is_proxy(connection.host)):
        connection.close()
        raise Stopped(f"{connection.host} lies in your own network, which tables may not ask")


def _is_proxy(host: str) -> bool:
    """Whether the environment names this host as the way to others."""
    proxies = [proxy for scheme, proxy in getproxies().items() if scheme in WEB_SCHEMES]
    return any(urlsplit(proxy if "//" in proxy else f"//{proxy}").hostname == host for proxy in proxies)
