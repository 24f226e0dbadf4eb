"""The commands: run, dev, routes, openapi, doctor."""

import contextlib
import json
import platform
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from fasterapi._version import __version__
from fasterapi.applications import FastAPI
from fasterapi.cli import limits as limit
from fasterapi.cli import options as opt
from fasterapi.cli.console import console, fail
from fasterapi.cli.routes import describe_routes, route_table, row_as_dict
from fasterapi.cli.serving import Asked, find, serve_app, stand_in_for_fastapi

__all__ = ("app",)

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


def _print_version(is_asked: bool) -> None:
    if is_asked:
        console().print(f"FasterAPI {__version__}")
        console().print(f"{platform.python_implementation()} {platform.python_version()}")
        console().print(f"uvicorn {uvicorn.__version__}")
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
    asked = Asked(path, app, entrypoint, as_fastapi=as_fastapi)
    serve_app(asked, given, is_development=context.info_name == "dev")


def _find_for_data(target: str | None, name: str | None) -> FastAPI:
    """Return the app for a command whose output is data: nothing else may reach stdout."""
    with contextlib.redirect_stdout(sys.stderr):
        found = find("stderr", target, name)
    if not isinstance(found.app, FastAPI):
        fail(
            "stderr",
            f"{found.import_string} is no FasterAPI app, it is {type(found.app).__name__!r}",
        )
    return found.app


@app.command("routes")
def _routes(
    path: opt.Target = None,
    app: opt.App = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    as_fastapi: opt.AsFastAPI = False,
) -> None:
    """List the routes of an app and how each is answered."""
    stand_in_for_fastapi("stderr", is_wanted=as_fastapi)
    target = _find_for_data(path, app)
    rows = describe_routes(target)
    if as_json:
        typer.echo(json.dumps([row_as_dict(row) for row in rows], indent=2))
        return
    # Without a terminal there is no width to fit into: a table in a pipe is not to be cut.
    wide = Console(highlight=False) if sys.stdout.isatty() else Console(width=240)
    wide.print(route_table(rows))


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
    stand_in_for_fastapi("stderr", is_wanted=as_fastapi)
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
        fail("stderr", f"cannot write {to_file}: {error.strerror}")


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
        fail("stderr", f"{path} does not exist")
    report = examine(path)
    if as_json:
        typer.echo(json.dumps(report_as_dict(report), indent=2))
    else:
        show_report(report, console())
    raise typer.Exit(0 if report.is_unchanged else 1)
