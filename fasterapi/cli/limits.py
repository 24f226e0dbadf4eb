"""Flags for the limits of the HTTP server; what each is for is said in `Limits`."""

from typing import Annotated, TypeAlias

import typer

_PANEL = "Limits of the HTTP server"


def _flag(text: str, default: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        help=text, show_default=default, rich_help_panel=_PANEL
    )
    return option


LimitRequestLine: TypeAlias = Annotated[
    int | None, _flag("Bytes of a request line; over it 414.", "8192")
]
LimitHeaderBlock: TypeAlias = Annotated[
    int | None, _flag("Bytes of all headers of a request; over it 431.", "32768")
]
LimitHeaderField: TypeAlias = Annotated[
    int | None, _flag("Bytes of one header value; over it 431.", "8192")
]
LimitHeaderCount: TypeAlias = Annotated[int | None, _flag("Number of headers; over it 431.", "100")]
LimitChunkLine: TypeAlias = Annotated[
    int | None, _flag("Bytes of the line before a chunk; over it 400.", "256")
]
LimitChunkExtensions: TypeAlias = Annotated[
    int | None, _flag("Bytes of all chunk extensions of a body; over it 400.", "16384")
]
LimitBody: TypeAlias = Annotated[
    int | None,
    _flag(
        "Bytes of a request body; over it 413. 0 is no limit. A larger max_body_size of the app "
        "or of a route wins.",
        "10485760",
    ),
]
LimitBodyRate: TypeAlias = Annotated[
    float | None, _flag("Bytes a second of a body after ten seconds; below it 408.", "500")
]
LimitBodyBuffer: TypeAlias = Annotated[
    int | None, _flag("Bytes of unread body, or further requests, kept in memory.", "65536")
]
LimitConnections: TypeAlias = Annotated[
    int | None, _flag("Connections of a process; over it 503. 0 is no limit.", "10000")
]
LimitKeepAliveRequests: TypeAlias = Annotated[
    int | None, _flag("Requests before a connection is closed. 0 is no limit.", "0")
]
LimitRssMib: TypeAlias = Annotated[
    int | None, _flag("MiB of memory above which a worker is replaced.", "no limit")
]
TimeoutHeader: TypeAlias = Annotated[
    float | None, _flag("Seconds for all of a request's head; over it 408.", "10")
]
TimeoutBody: TypeAlias = Annotated[
    float | None, _flag("Seconds without a byte of a body; over it 408.", "30")
]
TimeoutWrite: TypeAlias = Annotated[
    float | None, _flag("Seconds a client may stop reading before it is dropped.", "60")
]
WsMaxSize: TypeAlias = Annotated[
    int | None, _flag("Bytes of a WebSocket message, decompressed; over it 1009.", "16777216")
]
WsMaxQueue: TypeAlias = Annotated[
    int | None, _flag("WebSocket messages of a connection that wait to be read.", "32")
]
WsPingInterval: TypeAlias = Annotated[
    float | None, _flag("Seconds between pings of a WebSocket.", "20")
]
WsPingTimeout: TypeAlias = Annotated[
    float | None, _flag("Seconds a WebSocket's pong may take; over it 1011.", "20")
]
CancelOnDisconnect: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--cancel-on-disconnect/--no-cancel-on-disconnect",
        help="Cancel a handler when its client goes away.",
        show_default="off",
        rich_help_panel=_PANEL,
    ),
]
