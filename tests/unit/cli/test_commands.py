"""The commands: what they print, where, and how they end."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import fasterapi.cli
from fasterapi._version import __version__
from fasterapi.cli import commands, serving

MAIN = """
from fasterapi import APIRouter, Depends, FastAPI, Header
from pydantic import BaseModel

print("imported")
app = FastAPI(title="Shop \\u00e9")
router = APIRouter(prefix="/inner")

class Item(BaseModel):
    name: str

def user(x_token: str = Header()) -> str:
    return x_token

@app.middleware("http")
async def nothing(request, call_next):
    return await call_next(request)

@app.get("/items/{item_id}")
async def read(item_id: int, q: str | None = None, who: str = Depends(user)) -> Item:
    return Item(name="x")

@router.post("/items")
def create(item: Item) -> list[Item]:
    return [item]

@app.websocket("/ws")
async def ws(websocket):
    pass

app.include_router(router)
"""


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A folder with main.py; its module is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("FASTAPI_ENV", raising=False)
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    yield
    sys.modules.pop("main", None)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What would have been served."""
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(serving, "serve", lambda target, **given: calls.append((target, given)))
    return calls


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(commands.app, arguments, prog_name="fasterapi")
    os.environ.pop("FASTAPI_ENV", None)
    return result


def test_version() -> None:
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"FasterAPI {__version__}\n")


def test_run_serves_every_interface(served: list[Any]) -> None:
    result = invoke("run")
    assert result.exit_code == 0, result.output
    assert served == [
        ("main:app", {"host": "0.0.0.0", "port": 8000, "timeout_graceful_shutdown": 15})
    ]
    assert "http://127.0.0.1:8000/docs" in result.stdout


def test_dev_reloads_on_this_machine_only(
    served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr(serving, "_announce", lambda *_: seen.append(os.environ.get("FASTAPI_ENV")))
    assert invoke("dev", "main.py", "--port", "8001").exit_code == 0
    target, options = served[0]
    assert (target, options["host"], options["port"]) == ("main:app", "127.0.0.1", 8001)
    assert options["reload"] is True
    assert seen == ["development"]


def test_every_option_reaches_the_server(served: list[Any], tmp_path: Path) -> None:
    certificate = str(tmp_path / "main.py")
    arguments = (
        "main:app --host ::1 --port 1 --workers auto --no-reload --reload-dir a --reload-dir b "
        "--root-path /p --no-proxy-headers --forwarded-allow-ips * "
        "--log-level debug --no-access-log --timeout-keep-alive 6 "
        "--timeout-graceful-shutdown 7 --backlog 8 --reuse-port --limit-chunk-line 20 "
        "--limit-chunk-extensions 21 --limit-body-rate 22 --limit-body-buffer 2300 "
        "--ws-max-size 24 --ws-max-queue 25 --ws-ping-interval 26 --ws-ping-timeout 27 "
        f"--limit-concurrency 9 --limit-max-requests 10 --ssl-keyfile {certificate} "
        f"--ssl-certfile {certificate} --header a:b --no-server-header --no-date-header"
    )
    result = invoke("run", *arguments.split())
    assert result.exit_code == 0, result.output
    assert served[0][1] == {
        "host": "::1",
        "port": 1,
        "workers": "auto",
        "reload": False,
        "reload_dirs": ["a", "b"],
        "root_path": "/p",
        "proxy_headers": False,
        "forwarded_allow_ips": "*",
        "log_level": "debug",
        "access_log": False,
        "timeout_keep_alive": 6,
        "timeout_graceful_shutdown": 7,
        "backlog": 8,
        "reuse_port": True,
        "limit_chunk_line": 20,
        "limit_chunk_extensions": 21,
        "limit_body_rate": 22.0,
        "limit_body_buffer": 2300,
        "ws_max_size": 24,
        "ws_max_queue": 25,
        "ws_ping_interval": 26.0,
        "ws_ping_timeout": 27.0,
        "limit_concurrency": 9,
        "limit_max_requests": 10,
        "ssl_keyfile": certificate,
        "ssl_certfile": certificate,
        "headers": [("a", "b")],
        "server_header": False,
        "date_header": False,
    }


def test_other_sockets_reach_the_server(served: list[Any]) -> None:
    assert invoke("run", "main:app", "--uds", "s", "--fd", "3").exit_code == 0
    assert (served[0][1]["uds"], served[0][1]["fd"]) == ("s", 3)


def test_settings_of_the_app_stand_between_command_line_and_defaults(
    served: list[Any], tmp_path: Path
) -> None:
    with (tmp_path / "main.py").open("a") as file:
        file.write("app.server_settings = {'port': 9000, 'host': '10.0.0.1', 'backlog': None}\n")
    assert invoke("run", "--host", "::").exit_code == 0
    assert (served[0][1]["host"], served[0][1]["port"]) == ("::", 9000)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("run", "missing.py"), 1, "Path does not exist missing.py"),
        (("dev", "missing.py"), 1, "Path does not exist missing.py"),
        (("run", "--app", "nope"), 1, "Could not find app name nope in main"),
        (("run", "--port", "99999"), 2, "port must be 0 to 65535, got 99999"),
        (("run", "--workers", "2", "--reload"), 2, "reload and workers exclude each other"),
    ],
)
def test_mistake_has_no_traceback(
    served: list[Any], arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = invoke(*arguments)
    assert (result.exit_code, served) == (status, [])
    assert message in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [("--workers", "none"), ("--header", "x"), ("--port", "a")])
def test_bad_option_value_ends_with_2(served: list[Any], arguments: tuple[str, str]) -> None:
    result = invoke("run", *arguments)
    assert (result.exit_code, served) == (2, [])
    assert arguments[0] in result.stderr


def test_exception_of_the_program_has_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def f():\n    return 1 / 0\nf()\n")
    result = invoke("run")
    assert result.exit_code == 1
    assert "Traceback (most recent call last):\n" in result.stdout
    assert "return 1 / 0" in result.stdout
    assert "ZeroDivisionError: division by zero" in result.stdout
    assert "importlib" not in result.stdout
    assert "discover.py" not in result.stdout


def test_openapi_prints_nothing_but_json() -> None:
    result = invoke("openapi")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["info"]["title"] == "Shop \u00e9"
    assert "imported" in result.stderr


def test_openapi_to_a_file_in_one_line(tmp_path: Path) -> None:
    result = invoke("openapi", "main.py", "--out", "openapi.json", "--indent", "0")
    assert (result.exit_code, result.stdout) == (0, "")
    text = (tmp_path / "openapi.json").read_text(encoding="utf-8")
    assert text.count("\n") == 1
    assert json.loads(text)["paths"].keys() == {"/items/{item_id}", "/inner/items"}


def test_openapi_to_a_folder_that_is_not_there() -> None:
    result = invoke("openapi", "--out", "no/such.json")
    assert result.exit_code == 1
    assert "cannot write no/such.json: No such file" in result.stderr


def test_openapi_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def app(scope, receive, send): ...\n")
    result = invoke("openapi", "main:app")
    assert result.exit_code == 1
    assert "main:app is no FasterAPI app" in result.stderr


def test_routes_as_json() -> None:
    result = invoke("routes", "--json")
    assert result.exit_code == 0, result.output
    rows = {row["path"]: row for row in json.loads(result.stdout)}
    read = rows["/items/{item_id}"]
    assert read["methods"] == ["GET"]
    assert read["endpoint"] == "main.read"
    assert read["parameters"] == {"path": ["item_id"], "query": ["q?"], "header": ["x-token"]}
    assert read["dependencies"] == ["main.user"]
    assert (read["kind"], read["response_model"]) == ("async", "Item")
    assert read["middleware"] == ["main.nothing"]
    create = rows["/inner/items"]
    assert (create["kind"], create["parameters"]) == ("sync", {"body": ["item"]})
    assert create["response_model"] == "list[main.Item]"
    assert rows["/ws"]["methods"] == ["WEBSOCKET"]


def test_routes_as_a_table_is_not_cut_in_a_pipe() -> None:
    result = invoke("routes", "main.py")
    assert result.exit_code == 0
    assert "/items/{item_id}" in result.stdout
    assert "path: item_id" in result.stdout


def test_plan_of_each_route_is_shown(tmp_path: Path) -> None:
    with (tmp_path / "main.py").open("a") as file:
        file.write(
            "from fasterapi.routing import APIRoute\n"
            "class Own(APIRoute):\n"
            "    def get_route_handler(self):\n"
            "        return super().get_route_handler()\n"
            "own = APIRouter(route_class=Own)\n"
            "@own.get('/own')\n"
            "def answer(): ...\n"
            "app.include_router(own)\n"
        )
    rows = {row["path"]: row for row in json.loads(invoke("routes", "--json").stdout)}
    assert (rows["/items/{item_id}"]["is_compiled"], rows["/items/{item_id}"]["reason"]) == (
        True,
        "",
    )
    assert rows["/own"]["is_compiled"] is False
    assert rows["/own"]["reason"]
    table = invoke("routes").stdout
    assert "compiled" in table
    assert f"plain: {rows['/own']['reason']}"[:20] in table


def test_command_without_typer_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fasterapi.cli, "cli_main", None)
    with pytest.raises(RuntimeError, match="please install typer and rich"):
        fasterapi.cli.main()
    assert "pip install typer rich" in capsys.readouterr().out
