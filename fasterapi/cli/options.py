"""The options of ``run`` and ``dev``, each written once."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import typer

from fasterapi.server.argv import parse_header, parse_workers
from fasterapi.server.blocking import parse_duration

__all__ = (
    "AccessLog",
    "App",
    "AsFastAPI",
    "Backlog",
    "DateHeader",
    "DetectBlocking",
    "Entrypoint",
    "Fd",
    "ForwardedAllowIps",
    "Headers",
    "Host",
    "LimitConcurrency",
    "LimitMaxRequests",
    "LogLevel",
    "Port",
    "ProxyHeaders",
    "Reload",
    "ReloadDirs",
    "ReusePort",
    "RootPath",
    "ServerHeader",
    "SslCertfile",
    "SslKeyfile",
    "Target",
    "TimeoutGracefulShutdown",
    "TimeoutKeepAlive",
    "Uds",
    "Workers",
)

_ADDRESS = "Address"
_PROCESSES = "Processes"
_PROXY = "Behind a proxy"
_LIMITS = "Limits"
_TLS = "TLS"
_OUTPUT = "Logging and headers"


def _parsed(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    """Return *parse* with its error worded for the command line."""

    def convert(value: Any) -> Any:
        try:
            return parse(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return convert


Target: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="PATH | MODULE:APP",
        help="Python file, package or import string of the app. Without it: entrypoint in "
        "\\[tool.fasterapi] of pyproject.toml, then main.py, app.py, api.py, app/main.py, "
        "app/app.py, app/api.py.",
        show_default=False,
    ),
]
App: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--app",
        help="Variable that holds the app. Without it: app, api, then any FasterAPI instance.",
        show_default=False,
    ),
]
Entrypoint: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--entrypoint",
        "-e",
        help="The same as MODULE:APP.",
        metavar="MODULE:APP",
    ),
]
AsFastAPI: TypeAlias = Annotated[
    bool,
    typer.Option("--as-fastapi", help="Imports of fastapi, in packages too, get FasterAPI."),
]

Host: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Address to listen on; 0.0.0.0 is every interface.",
        show_default="0.0.0.0 with run, 127.0.0.1 with dev",
        rich_help_panel=_ADDRESS,
    ),
]
Port: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Port; 0 takes a free one.", show_default="8000", rich_help_panel=_ADDRESS),
]
Uds: TypeAlias = Annotated[
    str | None,
    typer.Option(help="UNIX socket to listen on instead.", rich_help_panel=_ADDRESS),
]
Fd: TypeAlias = Annotated[
    int | None,
    typer.Option(help="File descriptor to listen on instead.", rich_help_panel=_ADDRESS),
]
Backlog: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Connections the kernel keeps waiting.", show_default="2048", rich_help_panel=_ADDRESS
    ),
]
ReusePort: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--reuse-port/--no-reuse-port",
        help="A listening socket for each process; the kernel shares connections out.",
        show_default="off",
        rich_help_panel=_ADDRESS,
    ),
]

Workers: TypeAlias = Annotated[
    Any,
    typer.Option(
        parser=_parsed(parse_workers),
        metavar="N|auto",
        help="Processes; auto is one per usable CPU. Not together with --reload.",
        show_default="WEB_CONCURRENCY, else 1",
        rich_help_panel=_PROCESSES,
    ),
]
Reload: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--reload/--no-reload",
        help="Start anew when a file changes.",
        show_default="on with dev, off with run",
        rich_help_panel=_PROCESSES,
    ),
]
ReloadDirs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--reload-dir",
        help="Folder to watch; may be repeated. Without it: the current one.",
        rich_help_panel=_PROCESSES,
    ),
]

RootPath: TypeAlias = Annotated[
    str | None,
    typer.Option(help="URL prefix that the proxy has removed.", rich_help_panel=_PROXY),
]
ProxyHeaders: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--proxy-headers/--no-proxy-headers",
        help="Take client address and scheme from X-Forwarded-* of trusted peers.",
        show_default="on",
        rich_help_panel=_PROXY,
    ),
]
ForwardedAllowIps: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Peers to trust with that, comma separated; * is everybody.",
        show_default="FORWARDED_ALLOW_IPS, else 127.0.0.1",
        rich_help_panel=_PROXY,
    ),
]

TimeoutKeepAlive: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Seconds an idle connection stays open.", show_default="5", rich_help_panel=_LIMITS
    ),
]
TimeoutGracefulShutdown: TypeAlias = Annotated[
    int | None,
    typer.Option(
        help="Seconds running requests have to finish on stop.",
        show_default="15",
        rich_help_panel=_LIMITS,
    ),
]
LimitConcurrency: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Connections above which the answer is 503.", rich_help_panel=_LIMITS),
]
LimitMaxRequests: TypeAlias = Annotated[
    int | None,
    typer.Option(help="Requests after which a process is replaced.", rich_help_panel=_LIMITS),
]

SslKeyfile: TypeAlias = Annotated[
    str | None, typer.Option(help="Private key file.", rich_help_panel=_TLS)
]
SslCertfile: TypeAlias = Annotated[
    str | None, typer.Option(help="Certificate file; switches TLS on.", rich_help_panel=_TLS)
]

LogLevel: TypeAlias = Annotated[
    Literal["critical", "error", "warning", "info", "debug", "trace"] | None,
    typer.Option(help="Least severity that is logged.", rich_help_panel=_OUTPUT),
]
AccessLog: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--access-log/--no-access-log",
        help="Log each request.",
        show_default="on",
        rich_help_panel=_OUTPUT,
    ),
]
Headers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="'NAME: VALUE'",
        callback=_parsed(lambda values: [parse_header(value) for value in values or ()] or None),
        help="Header of every answer; may be repeated.",
        rich_help_panel=_OUTPUT,
    ),
]
ServerHeader: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--server-header/--no-server-header",
        help="Send a Server header.",
        show_default="on",
        rich_help_panel=_OUTPUT,
    ),
]
DateHeader: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--date-header/--no-date-header",
        help="Send a Date header.",
        show_default="on",
        rich_help_panel=_OUTPUT,
    ),
]
DetectBlocking: TypeAlias = Annotated[
    Any,
    typer.Option(
        parser=_parsed(parse_duration),
        metavar="DURATION",
        help="Log what keeps the event loop from running for so long, such as 50ms; or off.",
        show_default="off with run, 50ms with dev",
        rich_help_panel=_OUTPUT,
    ),
]
