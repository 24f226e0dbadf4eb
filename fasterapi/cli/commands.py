"""The commands: run, dev, routes, openapi, doctor."""

import contextlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console

from fasterapi import compat
from fasterapi._version import __version__
from fasterapi.applications import FastAPI
from fasterapi.cli import limits as limit
from fasterapi.cli import options as opt
from fasterapi.cli.console import err, fail, out, show_facts, show_failure
from fasterapi.cli.discover import DiscoveryError, FoundApp, ModuleFailedError, find_app
from fasterapi.cli.routes import describe_routes, route_table, row_as_dict
from fasterapi.exceptions import UsageError
from fasterapi.server import serve
from fasterapi.server.options import check_options, merge_options
from fasterapi.server.urls import base_url, docs_url

__all__ = ("app", "main")

_RUN_HELP = """Serve an app for [bold]production[/bold]: every interface, no reload."""
_DEV_HELP = """Serve an app for [bold]development[/bold]: this machine only, reload on change."""

app = typer.Typer(
    name="fasterapi",
    help="Serve and inspect FasterAPI applications.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # A failure of the user's own code is shown as Python shows it, without local variables.
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line and exit."""
    app(prog_name="fasterapi")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        out.print(f"FasterAPI {__version__}")
        out.print(f"{platform.python_implementation()} {platform.python_version()}")
        out.print(f"uvicorn {uvicorn.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show versions."),
    ] = False,
) -> None:
    """Serve and inspect FasterAPI applications."""


@app.command("run", help=_RUN_HELP)
@app.command("dev", help=_DEV_HELP)
def _serve(
    context: typer.Context,
    path: opt.Target = None,
    app: opt.App = None,
    entrypoint: opt.Entrypoint = None,
    host: opt.Host = None,
    port: opt.Port = None,
    uds: opt.Uds = None,
    fd: opt.Fd = None,
    backlog: opt.Backlog = None,
    reuse_port: opt.ReusePort = None,
    workers: opt.Workers = None,
    reload: opt.Reload = None,
    reload_dirs: opt.ReloadDirs = None,
    root_path: opt.RootPath = None,
    proxy_headers: opt.ProxyHeaders = None,
    forwarded_allow_ips: opt.ForwardedAllowIps = None,
    timeout_keep_alive: opt.TimeoutKeepAlive = None,
    timeout_graceful_shutdown: opt.TimeoutGracefulShutdown = None,
    limit_concurrency: opt.LimitConcurrency = None,
    limit_max_requests: opt.LimitMaxRequests = None,
    limit_rss_mib: limit.LimitRssMib = None,
    limit_request_line: limit.LimitRequestLine = None,
    limit_header_block: limit.LimitHeaderBlock = None,
    limit_header_field: limit.LimitHeaderField = None,
    limit_header_count: limit.LimitHeaderCount = None,
    limit_chunk_line: limit.LimitChunkLine = None,
    limit_chunk_extensions: limit.LimitChunkExtensions = None,
    limit_body: limit.LimitBody = None,
    limit_body_rate: limit.LimitBodyRate = None,
    limit_body_buffer: limit.LimitBodyBuffer = None,
    limit_connections: limit.LimitConnections = None,
    limit_keep_alive_requests: limit.LimitKeepAliveRequests = None,
    timeout_header: limit.TimeoutHeader = None,
    timeout_body: limit.TimeoutBody = None,
    timeout_write: limit.TimeoutWrite = None,
    ws_max_size: limit.WsMaxSize = None,
    ws_max_queue: limit.WsMaxQueue = None,
    ws_ping_interval: limit.WsPingInterval = None,
    ws_ping_timeout: limit.WsPingTimeout = None,
    cancel_on_disconnect: limit.CancelOnDisconnect = None,
    ssl_keyfile: opt.SslKeyfile = None,
    ssl_certfile: opt.SslCertfile = None,
    detect_blocking: opt.DetectBlocking = None,
    log_level: opt.LogLevel = None,
    access_log: opt.AccessLog = None,
    headers: opt.Headers = None,
    server_header: opt.ServerHeader = None,
    date_header: opt.DateHeader = None,
    as_fastapi: opt.AsFastAPI = False,
) -> None:
    # All parameters but those named below are server options of the same name; read from the
    # context, because it holds what was given under these names.
    given = {
        name: list(value) or None if isinstance(value, (list, tuple)) else value
        for name, value in context.params.items()
        if name not in ("path", "app", "entrypoint", "as_fastapi")
    }
    is_development = context.info_name == "dev"
    if is_development:
        # Read where folders of a frontend are checked: they may not be built yet.
        os.environ.setdefault("FASTAPI_ENV", "development")
    _stand_in_for_fastapi(out, is_wanted=as_fastapi)
    # COMPAT: FastAPI's command reports to stdout.
    found = _find(out, path or entrypoint, app)
    settings = _settings(given, found.app, is_development)
    try:
        check_options(settings)
    except UsageError as error:
        fail(out, str(error), code=2)
    _announce(found, settings, is_development)
    is_stand_in = compat.is_installed()
    serve(compat.servable(found.import_string) if is_stand_in else found.import_string, **settings)


def _stand_in_for_fastapi(console: Console, *, is_wanted: bool) -> None:
    if not is_wanted:
        return
    try:
        compat.check()
    except compat.TooLateError as error:
        fail(console, str(error))
    compat.install()


def _find(console: Console, target: str | None, name: str | None) -> FoundApp:
    try:
        return find_app(target, name)
    except DiscoveryError as error:
        fail(console, str(error))
    except ModuleFailedError as error:
        show_failure(console, error)
        raise typer.Exit(1) from None


def _settings(given: dict[str, Any], target: Any, is_development: bool) -> dict[str, Any]:
    """Return the options in force: command line, then the app's own, then the command's."""
    own = getattr(target, "server_settings", None)
    mode: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104
    if is_development:  # several workers asked for by name switch reload off
        mode = {
            "host": "127.0.0.1",
            "reload": given.get("workers") in (None, 1),
            "detect_blocking": 0.05,
        }
    return merge_options(given, own if isinstance(own, Mapping) else {}, mode)


def _announce(found: FoundApp, settings: Mapping[str, Any], is_development: bool) -> None:
    show_facts(
        f"starting in {'development' if is_development else 'production'} mode",
        {
            "app": f"{found.import_string}  ({found.file}; {found.source})",
            "server": base_url(settings) or settings.get("uds"),
            "docs": docs_url(found.app, settings),
            "fastapi": "imports of it get FasterAPI" if compat.is_installed() else None,
            "note": "for production use: fasterapi run" if is_development else None,
        },
    )


def _find_for_data(target: str | None, name: str | None) -> FastAPI:
    """Return the app for a command whose output is data: nothing else may reach stdout."""
    with contextlib.redirect_stdout(sys.stderr):
        found = _find(err, target, name)
    if not isinstance(found.app, FastAPI):
        fail(err, f"{found.import_string} is no FasterAPI app, it is {type(found.app).__name__!r}")
    return found.app


@app.command("routes")
def _routes(
    path: opt.Target = None,
    app: opt.App = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    as_fastapi: opt.AsFastAPI = False,
) -> None:
    """List the routes of an app and how each is answered."""
    _stand_in_for_fastapi(err, is_wanted=as_fastapi)
    target = _find_for_data(path, app)
    rows = describe_routes(target)
    if as_json:
        typer.echo(json.dumps([row_as_dict(row) for row in rows], indent=2))
        return
    # Without a terminal there is no width to fit into: a table in a pipe is not to be cut.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(width=240)
    console.print(route_table(rows))


@app.command("openapi")
def _openapi(
    path: opt.Target = None,
    app: opt.App = None,
    to_file: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; without it stdout.")
    ] = None,
    indent: Annotated[int, typer.Option(min=0, help="Spaces per level; 0 is one line.")] = 2,
    as_fastapi: opt.AsFastAPI = False,
) -> None:
    """Print the OpenAPI document of an app as JSON."""
    _stand_in_for_fastapi(err, is_wanted=as_fastapi)
    target = _find_for_data(path, app)
    with contextlib.redirect_stdout(sys.stderr):
        document = target.openapi()
    separators = None if indent else (",", ":")
    text = json.dumps(document, indent=indent or None, separators=separators, ensure_ascii=False)
    data = (text + "\n").encode()
    if to_file is None:
        typer.echo(data, nl=False)
        return
    try:
        to_file.write_bytes(data)
    except OSError as error:
        fail(err, f"cannot write {to_file}: {error.strerror}")


@app.command("doctor")
def _doctor(
    path: Annotated[Path, typer.Argument(help="Folder or file of a FastAPI project.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Read a FastAPI project: what runs unchanged, what to look at, what could be faster.

    Nothing is imported. The status is 1 if there is something to look at.
    """
    # Only this command needs the checks.
    from fasterapi.cli.doctor import examine, report_as_dict, show_report  # noqa: PLC0415

    if not path.exists():
        fail(err, f"{path} does not exist")
    report = examine(path)
    if as_json:
        typer.echo(json.dumps(report_as_dict(report), indent=2))
    else:
        show_report(report, out)
    raise typer.Exit(0 if report.is_unchanged else 1)
