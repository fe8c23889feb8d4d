"""The command ``returnee dashboard``: a server, and the browser that shows it."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
import warnings
import webbrowser
from contextlib import suppress
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from returnee.dashboard import settings
from returnee.dashboard.settings import LOCAL_NAMES, name_in
from returnee.experiments.commands.options import Language
from returnee.experiments.errors import UsageError

if TYPE_CHECKING:
    from returnee.dashboard.guard import Guard

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Level(StrEnum):
    """What is written to the log: this and what is graver."""

    error = "error"
    warning = "warning"
    info = "info"
    debug = "debug"


ALL = ("0.0.0.0", "::")  # every address of the machine
CULL = "1m"  # after which a page that went away without a word is forgotten
LARGEST_MESSAGE = 1_000_000  # bytes from a browser at a time
SETTINGS = {
    "SOLARA_APP": "returnee.dashboard.app",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": CULL,
    "SOLARA_SESSION_SAME_SITE": "lax",
    "SOLARA_SESSION_HTTP_ONLY": "True",
    "SOLARA_ROOT_PATH": "",
    "SOLARA_THEME_FORCE_REFRESH": "True",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_TITLE": "Returnee",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_OUTPUT_DOWNLOAD": "False",
}
"""Settings of the server library: nothing is sent anywhere, closed pages are forgotten, and a page
whose server was started anew loads itself again."""

DASHBOARD_EXAMPLES = """Examples:

  returnee dashboard\n
  returnee dashboard --lang zh --port 9000\n
  returnee dashboard --county own/qingshan\n
  returnee dashboard --region results/region

  returnee dashboard --no-browser --host 0.0.0.0
"""


def dashboard_command(
    port: Annotated[int, typer.Option(help="Port; the next free one if it is taken.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others can reach any but localhost.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser.")
    ] = True,
    lang: Annotated[Language, typer.Option(help="Language of the first page.")] = Language.en,
    results: Annotated[
        Path | None, typer.Option(help="Folder of stored results; those that ship if left out.")
    ] = None,
    county: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a county of your own; may be given more than once."),
    ] = None,
    region: Annotated[
        Path | None,
        typer.Option(help="Folder that `returnee region --out` made: its counties on the Map."),
    ] = None,
    shapes: Annotated[
        Path | None,
        typer.Option(help="Folder of CODE.geojson files: shapes of the region's counties."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name under which others open it, as behind a proxy; may be given more than once.",
        ),
    ] = None,
    largest: Annotated[
        int, typer.Option(help="Largest labour force of a county that a visitor may ask for.")
    ] = settings.LARGEST,
    memory: Annotated[
        int, typer.Option(metavar="MB", help="Memory above which old runs are dropped.")
    ] = settings.MEMORY,
    pages: Annotated[
        int,
        typer.Option(help="Pages that one address may have open; behind a proxy all have its own."),
    ] = settings.PAGES,
    log: Annotated[Level, typer.Option(help="What is written to standard error.")] = Level.warning,
    rules: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Rules of your own in the place of the model's, in Python; see `returnee rules`.",
        ),
    ] = None,
) -> None:
    """Open the dashboard: move levers and see the county answer."""
    check_installed()
    if not 1 <= port <= 65_535:
        raise UsageError(f"port: found {port}, allowed 1 to 65535")
    if results is not None and not results.is_dir():
        raise UsageError(f"results: found {results}, allowed a folder")
    if largest < 1:
        raise UsageError(f"largest: found {largest}, allowed 1 or more people")
    for name in allow_host or []:
        if name_in(name) != name.lower() or ":" in name:
            raise UsageError(f"allow-host: found {name!r}, allowed a name such as county.example")
    for name, value in (("memory", memory), ("pages", pages)):
        if value < 1:
            raise UsageError(f"{name}: found {value}, allowed 1 or more")
    if rules is not None:
        settings.take_rules(rules)
    settings.LIMITS |= {"labour_force": largest, "memory": memory, "pages": pages}
    logging.basicConfig(format=LINE, stream=sys.stderr)
    logging.getLogger("returnee").setLevel(log.value.upper())  # others say what is grave only
    settings.offer_counties(county or [])
    offer_region(region, shapes)
    names = names_of(host, allow_host or [])
    bound = listen(host, port)
    serve(bound, host, names, browser, lang.value, results, log)


def offer_region(folder: Path | None, shapes: Path | None) -> None:
    """Show a region's counties on the Map.

    Raises
    ------
    UsageError
        If the folders hold no region and no shapes.
    """
    if folder is not None:
        from returnee.dashboard.content import province

        settings.REGION["folder"] = folder.resolve()
        if shapes is not None:
            settings.REGION["shapes"] = shapes.resolve()
        province.offered()
    elif shapes is not None:
        raise UsageError("shapes: found no region, allowed with --region DIR")


def names_of(host: str, allowed: list[str]) -> list[str]:
    """Names under which the server may be asked for."""
    own = [socket.gethostname()] if host in ALL else [host]
    return [*LOCAL_NAMES, *own, *allowed]


def check_installed() -> None:
    """Refuse to start without the packages that serve pages, which are an extra.

    Raises
    ------
    UsageError
    """
    for name in ("ipyvuetify", "solara", "uvicorn"):
        if find_spec(name) is None:
            raise UsageError(
                f"dashboard: found no {name}, allowed after pip install 'returnee[dashboard]'"
            )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the port, or to the next free one.

    Raises
    ------
    UsageError
        If the machine does not have the address, or all of 20 ports are taken.
    """
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror:
        raise UsageError(f"host: found {host}, allowed an address of this machine") from None
    for tried in range(port, min(port + 20, 65_536)):
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, tried))
            bound.listen(128)  # who comes before the server is up waits a moment
            return bound
        except OSError as error:
            bound.close()
            if error.errno == 99:  # not an address of this machine
                raise UsageError(
                    f"host: found {host}, allowed an address of this machine"
                ) from None
            if isinstance(error, PermissionError):
                raise UsageError(
                    f"port: found {tried}, allowed one that you may use, such as 8765"
                ) from None
    raise UsageError(f"port: found {port} and the next 19 taken, allowed a free one")


def serve(
    bound: socket.socket,
    host: str,
    names: list[str],
    browser: bool,
    lang: str,
    results: Path | None,
    log: Level = Level.warning,
) -> None:
    """Serve pages until interrupted, or told to end."""
    os.environ.update(SETTINGS)
    os.environ.setdefault("SOLARA_SESSION_SECRET_KEY", secrets.token_hex(32))
    from returnee.dashboard.live.memory import MB, watch_memory
    from returnee.dashboard.live.pool import POOL

    settings.FIRST["lang"] = lang
    if results is not None:
        settings.RESULTS["folder"] = results.resolve()
    sys.setswitchinterval(0.001)  # an answer that is ready is not kept waiting by runs
    POOL.have_children()
    POOL.start()  # before there are visitors, so that no thread belongs to one
    shown = "127.0.0.1" if host in ALL else f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{bound.getsockname()[1]}/"
    os.environ["SOLARA_BASE_URL"] = url
    warm()
    watch_memory(settings.LIMITS["memory"] * MB)

    import uvicorn

    pages = guarded(names, host in ALL)

    say(f"Returnee: {url}  (Ctrl-C stops it)")
    if host not in LOCAL_NAMES:
        say(
            f"warning: listening on {host}: everybody who can reach this machine can use the pages, "
            "as there is no log-in; put a proxy with a log-in before it"
        )
    if browser:
        threading.Thread(target=open_browser, args=(url,), daemon=True).start()
    config = uvicorn.Config(
        pages, log_level=log.value, log_config=None, ws_max_size=LARGEST_MESSAGE, timeout_graceful_shutdown=1,
        lifespan="auto", proxy_headers=False, server_header=False,
    )  # fmt: skip
    # The library takes the signal, closes all pages, and raises it again: it has done its work then.
    with suppress(ValueError):  # not in the main thread, as in a test
        signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        POOL.end()
    say("Returnee: stopped")


def guarded(names: list[str], numbers: bool) -> Guard:
    """The pages behind their guard.

    Raises
    ------
    UsageError
        If the front end is not installed.
    """
    from solara.server import kernel_context
    from solara.server import settings as library
    from solara.server.starlette import app as pages

    from returnee.dashboard.guard import Guard, front_end

    own_document()
    # What the library says of cookies and proxies is for sites that show it in a frame.
    warnings.filterwarnings("ignore", module="solara.server.starlette")
    try:
        files = front_end(library.assets.proxy_cache_dir)
    except FileNotFoundError as missing:
        raise UsageError(
            f"dashboard: found no {missing}, allowed an installation with solara-assets"
        ) from None
    return Guard(
        pages, files, names, numbers, lambda: tuple(kernel_context.contexts),
        lambda: settings.FIRST["lang"], settings.LIMITS["pages"],
    )  # fmt: skip


def own_document() -> None:
    """Have the library's document, around all pages, begin as ``templates/index.html.j2`` says."""
    from jinja2 import FileSystemLoader
    from solara.server import server as library

    folders = [Path(__file__).parent / "templates", library.directory / "templates"]
    library.get_jinja_env(app_name="__default__").loader = FileSystemLoader(folders)


def warm() -> None:
    """Compile the model if need be, know its fingerprint, and begin to live the histories that visitors need."""
    from returnee.dashboard.live.memory import prewarm
    from returnee.dashboard.live.runs import make_room
    from returnee.experiments.running.executors import compile_first, try_out
    from returnee.scenarios.schema.own_rules import rules_now
    from returnee.simulation.fingerprint import fingerprint

    make_room()
    own = rules_now()
    models = [own] if own else []
    try_out(models)
    compile_first(say, models)
    fingerprint()  # which every page shows
    prewarm()


def open_browser(url: str) -> None:
    """Open the page once the server answers."""
    time.sleep(0.5)
    webbrowser.open(url)


def say(text: str) -> None:
    """Say one line on standard error."""
    print(text, file=sys.stderr, flush=True)
