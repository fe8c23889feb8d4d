"""Run by `test_kernels.py` in a process of its own: the library changes what it is imported into."""

import contextlib
import os
import threading
import time
import urllib.request

import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from returnee.dashboard.command import SETTINGS, guarded
from returnee.dashboard.live.pool import is_connected

LIMIT = 600.0  # seconds that only a hang takes


def until(true):
    """Wait until something is so."""
    end = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


os.environ.update(SETTINGS, SOLARA_BASE_URL="http://127.0.0.1/", SOLARA_KERNEL_CULL_TIMEOUT="1s")
app = guarded(["127.0.0.1"], False)
server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", proxy_headers=False))
threading.Thread(target=server.run, daemon=True).start()
until(lambda: server.started)
host = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

from solara.server import kernel_context  # noqa: E402


def page(name, origin=f"http://{host}"):
    """A page's connection."""
    cookie = {"Cookie": "solara-session-id=one"}
    path = f"/jupyter/api/kernels/{name}/channels?session_id=page-{name}"
    return connect(f"ws://{host}{path}", origin=origin, additional_headers=cookie)


for origin in ("http://evil.example", "null"):
    try:
        page("foreign", origin).recv()
    except Exception as error:
        assert not isinstance(error, AssertionError)
    assert "foreign" not in kernel_context.contexts

cut = page("cut")
until(lambda: "cut" in kernel_context.contexts and is_connected("cut"))
gone = kernel_context.contexts["cut"].closed_event
cut.close()  # without a word, as when a computer sleeps
until(lambda: not is_connected("cut"))
until(gone.is_set)
assert "cut" not in kernel_context.contexts

closed = page("closed")
until(lambda: "closed" in kernel_context.contexts and is_connected("closed"))
gone = kernel_context.contexts["closed"].closed_event
ask = urllib.request.Request(
    f"http://{host}/_solara/api/close/closed?session_id=page-closed",
    b"",
    {"Origin": f"http://{host}"},
)
assert urllib.request.urlopen(ask).status == 200
until(gone.is_set)
with contextlib.suppress(ConnectionClosed):
    closed.close()
print("well", flush=True)
os._exit(0)
