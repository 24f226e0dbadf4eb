"""A real browser on the shop's live page: fetch, EventSource and WebSocket through our door.

Headless Chromium is told what to do over its devtools protocol, which is JSON on a WebSocket.
"""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.servers.process import serving

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_S = 40.0
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0", "--remote-allow-origins=*"),
)

pytestmark = [
    pytest.mark.servers,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


class Page:
    """The page of a browser; scripts are run in it."""

    def __init__(self, socket):
        self.socket = socket
        self.numbers = itertools.count(1)

    def call(self, method, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(PATIENCE_S))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def run(self, script):
        """Return what the (asynchronous) body of a function returns."""
        result = self.call(
            "Runtime.evaluate",
            expression=f"(async () => {{ {script} }})()",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self, identifier):
        return self.run(f"return document.getElementById('{identifier}')?.innerText")

    def wait_for_text(self, identifier, text):
        deadline = time.monotonic() + PATIENCE_S
        while text not in (shown := self.text(identifier) or ""):
            assert time.monotonic() < deadline, f"{identifier} shows {shown!r}, not {text!r}"
            time.sleep(0.05)


def wait_for_file(path, process):
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() or not path.read_text().strip():
        assert process.poll() is None, "Chromium has ended"
        assert time.monotonic() < deadline, "Chromium does not start"
        time.sleep(0.05)
    return path.read_text().split()[0]


@contextmanager
def browsing(folder):
    """Start Chromium with an empty profile in *folder*; yield its page."""
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        port = wait_for_file(folder / "profile" / "DevToolsActivePort", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=PATIENCE_S) as answer:
            targets = json.load(answer)
        url = next(one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page")
        with connect(url, max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def shop(tmp_path, free_port):
    command = [
        *("fasterapi", "run", "examples/shop/main.py"),
        *("--host", "127.0.0.1", "--port", str(free_port)),
    ]
    env = {
        "SHOP_DATABASE": str(tmp_path / "shop.sqlite3"),
        "SHOP_PICTURES": str(tmp_path / "pictures"),
        "SHOP_STAFF_PASSWORD": "correct horse battery",
    }
    log = tmp_path / "server.log"
    with serving(command, free_port, log, cwd=ROOT, ready="/products", env=env) as running:
        yield running
        assert running.terminate() == 0
        assert "Traceback" not in running.output()


ORDER = """
const post = async (path, body, headers) => {
  const answer = await fetch(path, { method: "POST", body, headers });
  if (!answer.ok) throw new Error(path + " " + answer.status + " " + await answer.text());
  return answer.json();
};
const json = { "Content-Type": "application/json" };
const email = "browser@shop.example", password = "correct horse battery";
await post("/customers", JSON.stringify({ email, name: "Browser", password }), json);
const form = new URLSearchParams({ username: email, password });
const { access_token } = await post("/token", form);
const products = await (await fetch("/products")).json();
window.authorised = { ...json, Authorization: "Bearer " + access_token };
const order = await post("/orders", JSON.stringify({
  lines: [{ product_id: products.items[0].id, quantity: 2 }],
  delivery: { street: "Road 1", city: "Bremen", postcode: "28195", country: "DE" },
}), window.authorised);
return order.id;
"""
FOLLOW = """
const form = document.getElementById("follow");
form.username.value = "browser@shop.example";
form.password.value = "correct horse battery";
form.order.value = "%d";
form.requestSubmit();
"""
CANCEL = """
const answer = await fetch("/orders/%d", {
  method: "PATCH", headers: window.authorised, body: JSON.stringify({ status: "cancelled" }),
});
return answer.status;
"""


def test_page_uses_fetch_event_source_and_web_socket(shop, tmp_path):
    with browsing(tmp_path) as page:
        page.call("Page.navigate", url=f"http://127.0.0.1:{shop.port}/live")
        page.wait_for_text("state", "waiting for orders")  # EventSource is open
        number = page.run(ORDER)  # fetch
        page.wait_for_text("orders", f"No. {number}: 2 pieces")  # an event has come
        page.run(FOLLOW % number)
        page.wait_for_text("status", f"Order {number} is placed")  # WebSocket
        assert page.run(CANCEL % number) == 200
        page.wait_for_text("status", f"Order {number} is cancelled")


def test_page_survives_large_answers_and_many_requests(shop, tmp_path):
    """The browser's own connection pool: six connections, kept alive, all in use."""
    with browsing(tmp_path) as page:
        page.call("Page.navigate", url=f"http://127.0.0.1:{shop.port}/")
        counted = page.run(
            """
            const one = async (number) => {
              const method = number % 3 ? "GET" : "HEAD";
              const answer = await fetch("/products?limit=" + (1 + number % 5), { method });
              return answer.status + ":" + (await answer.text()).length;
            };
            const all = await Promise.all([...Array(300).keys()].map(one));
            return all.filter((text) => text.startsWith("200:") || text == "405:0").length;
            """
        )
        assert counted == 300
