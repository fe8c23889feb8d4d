"""The guard before the server: what may be asked for, by whom, and what an answer carries."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from processes import Nursery

from returnee.dashboard import guard
from returnee.dashboard.command import names_of
from returnee.dashboard.guard import CDN, Guard, front_end, name_in

COOKIE = (
    b"solara-session-id=abc; expires=Fri, 01 Jan 2038 00:00:00 GMT; Path=/; SameSite=none; Secure"
)
HOST = {"host": "127.0.0.1:8765"}
SOCKET = "/jupyter/api/kernels/abc-1/channels"
PARTS = ("echarts@5.4.0/dist/echarts.js", "app@1.0.0/dist")


class Pages:
    """Stands for the library: notes what reaches it, and answers as it does."""

    def __init__(self) -> None:
        self.reached: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", COOKIE)]}
        )
        await send({"type": "http.response.body", "body": b"page"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installed front end, and a file beside it that is nobody's business."""
    for name in (
        "echarts@5.4.0/dist/echarts.js",
        "app@1.0.0/dist/main.js",
        "app@1.0.0/dist/fonts/a.woff2",
    ):
        (tmp_path / "cdn" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cdn" / name).write_text("text of a file", encoding="utf-8")
    (tmp_path / "cdn/app@1.0.0/dist/page.html").write_text("<script>", encoding="utf-8")
    (tmp_path / "cdn/echarts@5.4.0/package.json").write_text("{}", encoding="utf-8")
    return tmp_path / "cdn"


@pytest.fixture
def pages() -> Pages:
    """What is guarded."""
    return Pages()


@pytest.fixture
def guarded(pages: Pages, folder: Path) -> Guard:
    """A guard with the names that a local server has."""
    return Guard(pages, front_end(folder, PARTS), names_of("127.0.0.1", ["county.example"]))


def ask(
    app: Guard, path: str = "/", method: str = "GET", kind: str = "http", **headers: str
) -> tuple[int, dict[str, list[str]], bytes]:
    """Status (or closing code of a socket, 0 if it was accepted), headers and body of an answer."""
    given = {**HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind, "path": path, "raw_path": path.encode(), "method": method, "scheme": "http",
        "query_string": b"session_id=1", "root_path": "", "http_version": "1.1",
        "headers": [(k.lower().encode(), v.encode()) for k, v in given.items()],
    }  # fmt: skip
    with ThreadPoolExecutor(1) as apart:  # a browser test's own loop may be running in this thread
        apart.submit(asyncio.run, app(scope, receive, send)).result()
    if kind == "websocket":
        return int(sent[0].get("code", 0)), {}, b""
    found: dict[str, list[str]] = {}
    for name, value in sent[0]["headers"]:
        found.setdefault(name.decode().lower(), []).append(value.decode())
    return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:])


def files_of(folder: Path) -> list[str]:
    """Everything in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    "path",
    [
        "echarts@5.4.0/dist", "echarts@5.4.0/dist/", "echarts@5.4.0", "app@1.0.0", "", "x@1.0.0/x.html",
        "app@1.0.0/dist/page.html", "echarts@5.4.0/package.json", "../cdn/app@1.0.0/dist/main.js",
        "app@1.0.0/dist/../../echarts@5.4.0/dist/echarts.js", "app@1.0.0/dist/none.js", "%2e%2e/x.js",
    ],
)  # fmt: skip
def test_nothing_but_listed_files_is_served_removed_or_fetched(
    guarded: Guard, pages: Pages, folder: Path, path: str
) -> None:
    before = files_of(folder)
    for method in ("GET", "HEAD", "POST", "DELETE"):
        assert ask(guarded, CDN + path, method)[0] == 404
    assert files_of(folder) == before
    assert pages.reached == []  # the library, which would remove and fetch, never hears of it


def test_listed_files_are_served_and_may_be_kept(guarded: Guard, pages: Pages) -> None:
    status, headers, body = ask(guarded, f"{CDN}app@1.0.0/dist/main.js")
    assert status == 200 and body == b"text of a file" and pages.reached == []
    assert "javascript" in headers["content-type"][0] and "immutable" in headers["cache-control"][0]


def test_a_file_that_was_taken_away_is_not_found(guarded: Guard, folder: Path) -> None:
    (folder / "app@1.0.0/dist/main.js").unlink()
    assert ask(guarded, f"{CDN}app@1.0.0/dist/main.js")[0] == 404


def test_a_front_end_that_is_not_installed_is_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"requirejs@2\.3\.6"):
        front_end(folder, (*PARTS, "requirejs@2.3.6/require.js"))


@pytest.mark.parametrize("path", ["/resourcez", "/foo", "/_solara/api/evict/abc", "/jupyter/api/kernels/1", "//", "/_solara/auth/login"])  # fmt: skip
def test_what_no_page_needs_is_not_found(guarded: Guard, pages: Pages, path: str) -> None:
    assert ask(guarded, path)[0] == 404 and pages.reached == []


@pytest.mark.parametrize("path", ["/", "/readyz", "/static/main.js", "/jupyter/nbextensions/jupyter-vue/nodeps.js"])  # fmt: skip
def test_what_pages_need_is_passed_on(guarded: Guard, pages: Pages, path: str) -> None:
    assert ask(guarded, path)[0] == 200 and pages.reached[0]["path"] == path
    assert ask(guarded, path, "POST")[0] == 404


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8765", True), ("localhost", True), ("LOCALHOST:1", True), ("[::1]:8765", True),
        ("county.example", True), ("evil.example", False), ("127.0.0.1.evil.example", False),
        ("", False), ("127.0.0.1@evil.example", False), ("evil.example/127.0.0.1", False),
        ("127.0.0.1:x", False), ("192.168.1.5:8765", False), ("localhost, evil.example", False),
    ],
)  # fmt: skip
def test_only_known_names_are_answered(
    guarded: Guard, pages: Pages, host: str, known: bool
) -> None:
    status, headers, body = ask(guarded, host=host)
    assert (status == 200) == known == bool(pages.reached)
    assert "evil" not in str(headers) and b"evil" not in body
    assert (ask(guarded, SOCKET, kind="websocket", host=host)[0] == 0) == known


def test_a_server_on_all_addresses_is_asked_by_number_but_not_by_any_name(
    pages: Pages, folder: Path
) -> None:
    app = Guard(pages, front_end(folder, PARTS), names_of("0.0.0.0", []), numbers=True)
    assert ask(app, host="192.168.1.5:8765")[0] == ask(app, host="[fe80::1]")[0] == 200
    assert ask(app, host="evil.example")[0] == 400


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://127.0.0.1:8765", True), ("http://evil.example", False), ("null", False), ("", False),
        ("http://127.0.0.1:9999", False), ("http://localhost:8765", False), ("file://", False),
        ("ftp://127.0.0.1:8765", False), ("http://[", False),
    ],
)  # fmt: skip
def test_only_own_pages_open_sockets_and_close_pages(
    guarded: Guard, pages: Pages, origin: str, own: bool
) -> None:
    assert (ask(guarded, SOCKET, kind="websocket", origin=origin)[0] == 0) == own
    close = ask(guarded, "/_solara/api/close/abc", "POST", origin=origin)
    assert (close[0] == 200) == own and len(pages.reached) == 2 * own


def test_no_page_of_another_site_without_an_origin(guarded: Guard, pages: Pages) -> None:
    assert ask(guarded, "/_solara/api/close/abc", "POST", sec_fetch_site="cross-site")[0] == 403
    assert ask(guarded, "/_solara/api/close/abc", "POST")[0] == 200  # not a browser


def test_behind_a_proxy_the_name_that_it_passes_on_counts(guarded: Guard) -> None:
    for origin in ("https://county.example", "http://county.example"):
        assert ask(guarded, SOCKET, kind="websocket", host="county.example", origin=origin)[0] == 0


@pytest.mark.parametrize("path", ["/", "/jupyter/api/kernels/../x/channels", "/ws", f"{SOCKET}/x"])
def test_sockets_are_for_pages_only(guarded: Guard, pages: Pages, path: str) -> None:
    assert ask(guarded, path, kind="websocket")[0] == guard.REFUSED and pages.reached == []


def test_what_proxies_say_is_not_heard(guarded: Guard, pages: Pages) -> None:
    said = {"X-Script-Name": "//evil.example/x", "Script-Name": "/x", "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}  # fmt: skip
    ask(guarded, **{name.replace("-", "_"): value for name, value in said.items()})
    assert pages.reached[0]["headers"] == [(b"host", b"127.0.0.1:8765")]
    assert pages.reached[0]["root_path"] == ""


@pytest.mark.parametrize(("path", "method"), [("/", "GET"), ("/none", "GET"), (f"{CDN}app@1.0.0/dist/main.js", "GET")])  # fmt: skip
def test_every_answer_is_protected(guarded: Guard, path: str, method: str) -> None:
    _, headers, _ = ask(guarded, path, method)
    policy = headers["content-security-policy"][0]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "ws://127.0.0.1:8765" in policy and "http" not in policy.replace("https", "http").split("connect-src")[0]  # fmt: skip
    assert headers["x-frame-options"] == ["DENY"]
    assert headers["x-content-type-options"] == ["nosniff"]
    assert headers["referrer-policy"] == ["no-referrer"]


def test_the_cookie_is_for_this_visit_and_no_script(guarded: Guard) -> None:
    _, headers, _ = ask(guarded)
    assert headers["set-cookie"] == ["solara-session-id=abc; Path=/; HttpOnly; SameSite=Lax"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_are_limited_in_number(pages: Pages, lang: str) -> None:
    alive = [str(k) for k in range(guard.MOST_KERNELS)]
    app = Guard(pages, {}, kernels=lambda: alive, lang=lambda: lang)
    status, headers, body = ask(app)
    assert status == 503 and guard.words(lang)["guard"]["full"] in body.decode()
    assert ask(app, SOCKET, kind="websocket")[0] == guard.TOO_MANY and pages.reached == []
    # A page that is there comes back after its connection was cut.
    assert ask(app, "/jupyter/api/kernels/5/channels", kind="websocket")[0] == 0
    alive.pop()
    assert ask(app)[0] == 200 and ask(app, SOCKET, kind="websocket")[0] == 0


def test_names_are_taken_out_of_hosts() -> None:
    assert [name_in(text) for text in ("a:1", "[::1]", "a:b:c", "a b", "a/b", "a:99999999")] == ["a", "::1", "", "", "", ""]  # fmt: skip


def test_the_library_as_installed_meets_the_guard(libraries: Nursery) -> None:
    """The library's own routes behind the guard, with a page asked for first by a liar."""
    code = """
import asyncio, os
from returnee.dashboard.command import SETTINGS, guarded
os.environ.update(SETTINGS, SOLARA_BASE_URL="http://127.0.0.1:8765/")
app = guarded(["127.0.0.1"], False)
from tests.dashboard.test_guard import ask
from solara.server import settings, starlette
starlette.on_startup()
said = ask(app, X_Script_Name="//evil.example/x", X_Forwarded_Proto="https")
assert said[0] == 200 and settings.main.root_path == "" and b"evil" not in said[2], said[0]
said = ask(app)
assert b"/_solara/cdn/requirejs@2.3.6/require.js" in said[2]
own = said[2].index(b'Object.defineProperty(window, "localStorage"')
assert own < said[2].index(b"localStorage.getItem(")  # a browser that keeps nothing shows the page
assert len(said[1]["set-cookie"]) == 1 and "2038" not in said[1]["set-cookie"][0]
print("well", *sorted(app.files)[:1])
"""
    process = libraries.start(code=code, path=[ROOT / "tests"])
    out, err = process.communicate()
    assert process.returncode == 0 and out.startswith("well"), err
    assert "cookie" not in err.lower()  # no notices of the library at the first request
