"""Server options: precedence, flags of a script, checks, import strings."""

import sys
from types import ModuleType
from typing import Any

import pytest

from fasterapi.exceptions import UsageError
from fasterapi.server import options as server_options
from fasterapi.server import serve
from fasterapi.server.argv import read_flags
from fasterapi.server.options import check_options, merge_options, worker_count
from fasterapi.server.run import importable_name, importing_app
from fasterapi.server.urls import base_url, docs_url


def test_earlier_layers_win_and_none_means_not_given() -> None:
    merged = merge_options({"port": 1}, {"port": 2, "host": None}, {"host": "::", "reload": False})
    assert merged == {"port": 1, "host": "::", "reload": False, "timeout_graceful_shutdown": 15}


def test_flags_are_found_among_the_scripts_own_arguments() -> None:
    argv = "input.txt --port 8001 --own --workers auto -v --reload-dir a --reload-dir b --po 5"
    assert read_flags(argv.split()) == {
        "port": 8001,
        "workers": "auto",
        "reload_dirs": ["a", "b"],
    }


def test_switches_have_a_negative_form() -> None:
    assert read_flags(["--no-access-log", "--proxy-headers", "--header", "X-A: b:c"]) == {
        "access_log": False,
        "proxy_headers": True,
        "headers": [("X-A", "b:c")],
    }


@pytest.mark.parametrize(
    "argv", ["--port x", "--workers 0", "--workers \u00b2", "--header nocolon", "--log-level loud"]
)
def test_bad_flag_ends_with_status_2(argv: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        read_flags(argv.split(" "))
    assert exit_info.value.code == 2
    assert argv.split(" ")[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 65536}, "port must be 0 to 65535, got 65536"),
        ({"log_level": "loud"}, "log_level must be one of"),
        ({"workers": 0}, "workers must be 1 or more"),
        ({"workers": 2, "reload": True}, "reload and workers exclude each other"),
        ({"ssl_keyfile": __file__}, "ssl_keyfile was given without ssl_certfile"),
        ({"ssl_certfile": "/none.pem"}, "ssl_certfile '/none.pem' does not exist"),
        ({"prot": 8000}, "unknown server option 'prot'"),
        ({"reuse_port": True, "uds": "s"}, "reuse_port is for host and port, not for uds"),
        ({"ws_max_size": 0}, "ws_max_size must be 1 or more"),
    ],
)
def test_bad_option_is_refused_before_anything_starts(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        serve(print, **options)


def test_good_options_pass() -> None:
    check_options({"port": 0, "log_level": 10, "backlog": 1, "workers": "auto"})


def test_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    assert worker_count({}) == 1
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert worker_count({}) == 3
    assert worker_count({"workers": 2}) == 2
    assert worker_count({"reload": True}) == 1
    monkeypatch.setattr(server_options, "usable_cpus", lambda: 5)
    assert worker_count({"workers": "auto"}) == 5


def test_usable_cpus_is_at_least_one() -> None:
    assert server_options.usable_cpus() >= 1


def test_serve_does_nothing_while_a_server_imports_the_module() -> None:
    with importing_app():
        serve("no.such:app")


def test_application_is_found_in_any_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("some_shop")
    module.application = app = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_shop", module)
    assert importable_name(app) == "some_shop:application"


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),
        ({"host": "::"}, "http://[::1]:8000"),
        ({"host": "::1", "ssl_certfile": "x"}, "https://[::1]:8000"),
        ({"uds": "/tmp/x"}, None),
        ({"fd": 0}, None),
        ({"port": 0}, None),
    ],
)
def test_address_to_click_on(options: dict[str, Any], url: str | None) -> None:
    assert base_url(options) == url


def test_documentation_is_named_only_where_there_is_one() -> None:
    class App:
        docs_url = "/docs"
        openapi_url: str | None = "/openapi.json"

    app = App()
    assert docs_url(app, {}) == "http://127.0.0.1:8000/docs"
    app.openapi_url = None
    assert docs_url(app, {}) is None
    assert docs_url("main:app", {}) is None
