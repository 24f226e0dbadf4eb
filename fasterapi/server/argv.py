"""Server flags of a script's own command line: ``python main.py --port 8001 --workers 2``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from fasterapi.server.blocking import parse_duration
from fasterapi.server.options import LOG_LEVELS, ServerOptions

__all__ = ("parse_flags", "parse_header", "parse_workers", "read_flags")


def read_flags(argv: Sequence[str] | None = None) -> ServerOptions:
    """Return the server options found in *argv*; other arguments are left to the script.

    Args:
        argv: Arguments without the program's name; ``sys.argv[1:]`` if None.

    Raises:
        SystemExit: A known flag has a bad value; status 2, the reason on stderr.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    found, _ = _parser(argparse.ArgumentParser).parse_known_args(arguments)
    return cast(ServerOptions, vars(found))


def parse_flags(
    arguments: Sequence[str], texts: Sequence[str] = (), switches: Sequence[str] = ()
) -> tuple[dict[str, Any], list[str]] | None:
    """Return the flags found in *arguments* and what is left; None if a value is wrong.

    Args:
        arguments: Arguments without the program's name.
        texts: Further flags, without dashes, that take a text.
        switches: Further flags, without dashes, that take nothing.
    """
    parser = _parser(_SilentParser)
    for name in texts:
        parser.add_argument(f"--{name}")
    for name in switches:
        parser.add_argument(f"--{name}", action="store_true")
    try:
        found, rest = parser.parse_known_args(list(arguments))
    except _WrongValueError:
        return None
    return vars(found), rest


class _WrongValueError(Exception):
    pass


class _SilentParser(argparse.ArgumentParser):
    """A parser that says nothing about a mistake: somebody else will."""

    def error(self, message: str) -> NoReturn:
        raise _WrongValueError(message)


def _parser(kind: type[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    # No --help (the script may have its own), no abbreviations (`--p` may be the script's),
    # nothing for a flag that is absent: it must not override what the program says.
    parser = kind(
        prog=Path(sys.argv[0]).name if sys.argv else None,
        add_help=False,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for name in ("host", "uds", "root-path", "forwarded-allow-ips", "ssl-keyfile", "ssl-certfile"):
        parser.add_argument(f"--{name}")
    for name in (
        "port",
        "fd",
        "backlog",
        "limit-concurrency",
        "limit-max-requests",
        "limit-rss-mib",
        "limit-request-line",
        "limit-header-block",
        "limit-header-field",
        "limit-header-count",
        "limit-chunk-line",
        "limit-chunk-extensions",
        "limit-body",
        "limit-body-buffer",
        "limit-connections",
        "limit-keep-alive-requests",
        "timeout-keep-alive",
        "timeout-graceful-shutdown",
        "ws-max-size",
        "ws-max-queue",
    ):
        parser.add_argument(f"--{name}", type=int)
    for name in (
        "timeout-header",
        "timeout-body",
        "timeout-write",
        "limit-body-rate",
        "ws-ping-interval",
        "ws-ping-timeout",
    ):
        parser.add_argument(f"--{name}", type=float)
    for name in (
        "reload",
        "reuse-port",
        "proxy-headers",
        "access-log",
        "server-header",
        "date-header",
        "cancel-on-disconnect",
    ):
        parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction)
    parser.add_argument("--detect-blocking", type=_argument(parse_duration))
    parser.add_argument("--workers", type=_argument(parse_workers))
    parser.add_argument("--log-level", choices=LOG_LEVELS)
    parser.add_argument("--reload-dir", dest="reload_dirs", action="append")
    parser.add_argument("--header", dest="headers", action="append", type=_argument(parse_header))
    return parser


def parse_workers(text: str) -> Any:
    """Return the number of workers, or ``"auto"``.

    Raises:
        ValueError: *text* is neither.
    """
    if text == "auto":
        return text
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ValueError(f"workers must be 1 or more, or 'auto', got {text!r}")
    return int(text)


def parse_header(text: str) -> tuple[str, str]:
    """Return name and value of a ``Name: value`` pair.

    Raises:
        ValueError: The colon or the name is missing, or a control character is inside.
    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(character < " " for character in text):
        raise ValueError(f"header must be 'Name: value', got {text!r}")
    return name.strip(), value.strip()


def _argument(parse: Any) -> Any:
    """Return *parse* with its error message kept; argparse words a ValueError by itself."""

    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert
