"""What stands before the server library: who may ask, for what, and with which headers it is answered.

Only paths that a page needs are passed on. The front end's files are served from here, out of a
list that is made at the start: the library's own way may remove folders of the installation and
fetch files from outside. A page on another site can neither drive this one nor show it in a frame.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from returnee.dashboard.settings import LOCAL_NAMES, PAGES, name_in
from returnee.dashboard.texts import page, words

LOG = logging.getLogger("returnee.dashboard")
CDN = "/_solara/cdn/"
PARTS = ("@widgetti/solara-vuetify-app@10.1.1/dist", "echarts@5.4.0/dist/echarts.js", "requirejs@2.3.6/require.js")  # fmt: skip
"""What a page loads of the front end that solara-assets holds."""

KINDS = (".js", ".css", ".svg", ".ttf", ".woff", ".woff2", ".eot")
SAFE = ("GET", "HEAD")
OPEN = re.compile(r"/|/readyz|/static/.*|/jupyter/nbextensions/.*")
CLOSE = re.compile(r"/_solara/api/close/[\w-]{1,64}")
SOCKET = re.compile(r"/jupyter/api/kernels/([\w-]{1,64})/channels")
REFUSED, TOO_MANY = 1008, 1013  # closing codes of a WebSocket
FROM_PROXIES = (b"x-forwarded-", b"x-script-name", b"script-name", b"forwarded")
MOST_KERNELS = 200  # pages of all visitors together
AT_ONCE, A_SECOND = 1200.0, 40.0  # requests of one address; a page makes about 15
ADDRESSES = 10_000  # that are remembered
FOREVER = "public, max-age=31536000, immutable"  # the version is in the path
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Scripts and styles inside the page are the library's way, and a chart's picture is read out of the
page itself (data:); nothing comes from anywhere else."""

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def front_end(folder: Path, parts: Iterable[str] = PARTS) -> dict[str, Path]:
    """Regular files of the front end by the path under which a page asks for them.

    Raises
    ------
    FileNotFoundError
        If a part is not there: the part.
    """
    found: dict[str, Path] = {}
    for part in parts:
        whole = folder / part
        files = [whole] if whole.is_file() else sorted(whole.rglob("*"))
        kept = [file for file in files if file.is_file() and file.suffix in KINDS]
        if not kept:
            raise FileNotFoundError(str(whole))
        found.update({CDN + file.relative_to(folder).as_posix(): file for file in kept})
    return found


class Guard:
    """The application before the library's.

    Parameters
    ----------
    pages : ASGI application
    files : mapping
        Paths to files of the front end, of `front_end`.
    hosts : collection of str
        Names under which the server may be asked for.
    numbers : bool
        Whether any address in digits will do as well, as for a server that listens on all.
    kernels : callable
        Names of the pages that are alive.
    lang : callable
        Language of a refusal that a person reads.
    most : int
        Pages that one address may have open.
    """

    def __init__(
        self,
        pages: ASGIApp,
        files: Mapping[str, Path],
        hosts: Iterable[str] = LOCAL_NAMES,
        numbers: bool = False,
        kernels: Callable[[], Iterable[str]] = tuple,
        lang: Callable[[], str] = lambda: "en",
        most: int = PAGES,
    ) -> None:
        self.most, self.open, self.asked = most, Counter[str](), Bucket()
        self.pages, self.files, self.numbers, self.kernels, self.lang = pages, files, numbers, kernels, lang  # fmt: skip
        self.hosts = {host.lower().strip("[]") for host in hosts}
        self.assets = GZipMiddleware(self._asset, minimum_size=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on what may pass."""
        if scope["type"] == "lifespan":
            await self.pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    def knows(self, authority: str) -> bool:
        """Whether the server may be asked for under this name."""
        name = name_in(authority)
        if name in self.hosts:
            return True
        try:
            return self.numbers and bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def is_own(self, headers: Headers) -> bool:
        """Whether a request comes from a page of this server, or from no page."""
        origin = headers.get("origin")
        if origin is not None:
            host = headers.get("host", "").lower()
            return origin.lower() in (f"http://{host}", f"https://{host}")
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")

    def is_full(self, kernel: str = "") -> bool:
        """Whether there is no room for one more page."""
        alive = set(self.kernels())
        return kernel not in alive and len(alive) >= MOST_KERNELS

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, found = Headers(scope=scope), SOCKET.fullmatch(scope["path"])
        wrong = not found or not self.knows(headers.get("host", "")) or not self.is_own(headers)
        address = address_of(scope)
        if wrong or (found and self.is_full(found[1])) or self.open[address] >= self.most:
            await receive()  # a socket is closed after it was asked for
            await send({"type": "websocket.close", "code": REFUSED if wrong else TOO_MANY})
            why = "not from a page of this server" if wrong else "too many pages are open"
            LOG.warning("socket of %s refused: %s", address, why)
            return
        self.open[address] += 1
        LOG.info("page of %s opened, %d open from there", address, self.open[address])
        try:
            await self.pages(plain(scope), receive, send)
        finally:
            self.open[address] -= 1
            if not self.open[address]:
                del self.open[address]
            LOG.info("page of %s closed", address)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        host = headers.get("host", "")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                protect(MutableHeaders(scope=message), host)
            await send(message)

        app: ASGIApp
        if not self.asked.takes(address_of(scope)):
            app = PlainTextResponse("429", 429, {"Retry-After": "10"})
            LOG.warning("request of %s refused: too many", address_of(scope))
        elif not self.knows(host):
            host = "127.0.0.1"  # what was asked for is not repeated
            LOG.warning("request of %s refused: another name", address_of(scope))
            app = PlainTextResponse(words(self.lang())["guard"]["host"], 400)
        elif method in SAFE and path in self.files:
            app = self.assets
        elif method in SAFE and OPEN.fullmatch(path):
            app = self.pages
            if path == "/" and self.is_full():
                text = words(self.lang())["guard"]["full"]
                app = HTMLResponse(page("notices.html.j2", self.lang(), lines=[text], wrong=False), 503)  # fmt: skip
        elif method == "POST" and CLOSE.fullmatch(path):
            own = self.is_own(headers)
            app = self.pages if own else PlainTextResponse(words(self.lang())["guard"]["origin"], 403)  # fmt: skip
        else:
            app = PlainTextResponse("404", 404)
        await app(plain(scope), receive, answer)

    async def _asset(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self.files[scope["path"]]
        if file.is_file():
            await FileResponse(file, headers={"Cache-Control": FOREVER})(scope, receive, send)
        else:
            await PlainTextResponse("404", 404)(scope, receive, send)


class Bucket:
    """Requests that an address may make: so many at once, and so many a second in the long run."""

    def __init__(self, most: float = AT_ONCE, a_second: float = A_SECOND) -> None:
        self.most, self.a_second = most, a_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, address: str, now: float | None = None) -> bool:
        """Whether one more request is within what the address may make."""
        now = time.monotonic() if now is None else now
        left, then = self._left.pop(address, (self.most, now))
        left = min(left + (now - then) * self.a_second, self.most) - 1.0
        self._left[address] = max(left, -1.0), now
        if len(self._left) > ADDRESSES:
            self._left.popitem(last=False)
        return left >= 0.0


def address_of(scope: Scope) -> str:
    """Address that a request comes from; behind a proxy the proxy's."""
    return str((scope.get("client") or ("?",))[0])


def plain(scope: Scope) -> Scope:
    """A request without what proxies say of it, which anybody may write."""
    kept = [(k, v) for k, v in scope["headers"] if not k.lower().startswith(FROM_PROXIES)]
    return {**scope, "headers": kept, "root_path": ""}


def protect(headers: MutableHeaders, host: str) -> None:
    """Put the headers of every answer on one, and keep its cookies from scripts and other sites."""
    for name, value in HEADERS.items():
        headers[name] = value
    headers["Content-Security-Policy"] = POLICY.format(host=host)
    given = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for text in given:
        for cookie in SimpleCookie(text).values():
            value = f"{cookie.key}={cookie.coded_value}; Path=/; HttpOnly; SameSite=Lax"
            headers.append("set-cookie", value)
