"""The settings of a server, written once for `serve`, ``App.run`` and the command line."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import TypedDict

from fasterapi.exceptions import UsageError
from fasterapi.server.limits import make_limits

__all__ = ("DEFAULTS", "ServerOptions", "check_options", "merge_options", "worker_count")

LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")


class ServerOptions(TypedDict, total=False):
    """Keyword options of `serve`; None means "not given" everywhere.

    Attributes:
        host: Address to listen on; ``0.0.0.0`` is every IPv4 interface.
        port: TCP port; 0 takes a free one.
        uds: Path of a UNIX socket to listen on instead.
        fd: Open socket's file descriptor to listen on instead.
        workers: Number of processes, or ``"auto"`` for one per usable CPU.
        reload: Whether to start anew when a source file changes.
        reload_dirs: Folders to watch; the current one if not given.
        root_path: URL prefix that a proxy in front has removed.
        proxy_headers: Whether ``X-Forwarded-*`` of trusted peers set client and scheme.
        forwarded_allow_ips: Peers to trust with that, comma separated; ``*`` is everybody.
        log_level: critical, error, warning, info, debug or trace.
        access_log: Whether each request is logged.
        log_config: Logging configuration as uvicorn takes it.
        timeout_keep_alive: Seconds an idle connection stays open.
        timeout_graceful_shutdown: Seconds running requests have to finish on stop.
        timeout_worker_healthcheck: Seconds a worker process may take to answer its parent.
        limit_concurrency: Connections above which the answer is 503.
        limit_max_requests: Requests after which a worker is replaced.
        limit_rss_mib: MiB of memory above which a worker is replaced.
        limit_request_line: Bytes of a request line; over it 414. This and the ones below are
            limits of our own HTTP protocol class: see `fasterapi.server.limits`.
        limit_header_block: Bytes of all headers; over it 431.
        limit_header_field: Bytes of one header value; over it 431.
        limit_header_count: Number of headers; over it 431.
        limit_chunk_line: Bytes of the line before a chunk; over it 400.
        limit_chunk_extensions: Bytes of a body's chunk extensions; over it 400.
        limit_body: Bytes of a request body; over it 413; 0 is no limit.
        limit_body_rate: Bytes a second of a body after its first ten; below it 408.
        limit_body_buffer: Bytes of unread body, or of further requests, kept in memory.
        limit_connections: Connections of a process; over it 503; 0 is no limit.
        limit_keep_alive_requests: Requests before a connection is closed; 0 is no limit.
        timeout_header: Seconds for all of a request's head; over it 408.
        timeout_body: Seconds without a byte of a body; over it 408.
        timeout_write: Seconds a client may stop reading before it is dropped.
        cancel_on_disconnect: Whether a handler is cancelled when its client goes away.
        detect_blocking: Seconds of the event loop's standing still that are logged, with what
            blocks it; 0 is off.
        backlog: Connections the kernel keeps waiting.
        reuse_port: Whether each process listens on a socket of its own (SO_REUSEPORT).
        ssl_keyfile: Private key file.
        ssl_certfile: Certificate file; switches TLS on.
        ssl_keyfile_password: Password of the key.
        ssl_ca_certs: Certificates that client certificates are checked with.
        headers: ``(name, value)`` pairs added to every answer.
        server_header: Whether answers carry ``Server``.
        date_header: Whether answers carry ``Date``.
        http: HTTP protocol class, import string or uvicorn's name for one.
        loop: Event loop by uvicorn's name or import string.
        lifespan: auto, on or off.
        ws: WebSocket protocol as uvicorn takes it.
        ws_max_size: Largest WebSocket message in bytes.
        ws_max_queue: WebSocket messages of one connection that wait to be read.
        ws_ping_interval: Seconds between pings.
        ws_ping_timeout: Seconds a pong may take.
        factory: Whether the import string names a function that makes the app.
        env_file: File of environment variables to read first.
    """

    host: str | None
    port: int | None
    uds: str | None
    fd: int | None
    workers: int | Literal["auto"] | None
    reload: bool | None
    reload_dirs: Sequence[str] | None
    root_path: str | None
    proxy_headers: bool | None
    forwarded_allow_ips: str | Sequence[str] | None
    log_level: str | int | None
    access_log: bool | None
    log_config: Any
    timeout_keep_alive: int | None
    timeout_graceful_shutdown: int | None
    timeout_worker_healthcheck: int | None
    limit_concurrency: int | None
    limit_max_requests: int | None
    limit_rss_mib: int | None
    limit_request_line: int | None
    limit_header_block: int | None
    limit_header_field: int | None
    limit_header_count: int | None
    limit_chunk_line: int | None
    limit_chunk_extensions: int | None
    limit_body: int | None
    limit_body_rate: float | None
    limit_body_buffer: int | None
    limit_connections: int | None
    limit_keep_alive_requests: int | None
    timeout_header: float | None
    timeout_body: float | None
    timeout_write: float | None
    cancel_on_disconnect: bool | None
    detect_blocking: float | None
    backlog: int | None
    reuse_port: bool | None
    ssl_keyfile: str | os.PathLike[str] | None
    ssl_certfile: str | os.PathLike[str] | None
    ssl_keyfile_password: str | None
    ssl_ca_certs: str | os.PathLike[str] | None
    headers: Sequence[tuple[str, str]] | None
    server_header: bool | None
    date_header: bool | None
    http: Any
    loop: str | None
    lifespan: Literal["auto", "on", "off"] | None
    ws: Any
    ws_max_size: int | None
    ws_max_queue: int | None
    ws_ping_interval: float | None
    ws_ping_timeout: float | None
    factory: bool | None
    env_file: str | os.PathLike[str] | None


DEFAULTS: Mapping[str, Any] = {
    "host": "127.0.0.1",
    "port": 8000,
    # uvicorn would wait for ever for a stuck request; a supervisor kills the process instead.
    "timeout_graceful_shutdown": 15,
}


def merge_options(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mapping of all options given; an earlier layer wins over a later one."""
    merged: dict[str, Any] = {}
    for layer in (*layers, DEFAULTS):
        for name, value in layer.items():
            if value is not None:
                merged.setdefault(name, value)
    return merged


def worker_count(options: Mapping[str, Any]) -> int:
    """Return the number of processes asked for; ``WEB_CONCURRENCY`` if nothing was said."""
    asked = options.get("workers")
    if asked == "auto":
        return usable_cpus()
    if asked is None:
        asked = 1 if options.get("reload") else os.environ.get("WEB_CONCURRENCY") or 1
    try:
        count = int(asked)
    except ValueError:
        count = 0
    if count < 1:
        raise UsageError(f"workers must be 1 or more, or 'auto', got {asked!r}")
    return count


def usable_cpus() -> int:
    """Return the CPUs this process may use, the quota of its container included."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        # Rounded up: half a CPU still needs a process.
        return max(1, min(count, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # no cgroup v2, or no limit ("max")
        return count


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse values that uvicorn would only trip over later.

    Raises:
        UsageError: A value is out of range, unknown, or at odds with another one.
    """
    for name, is_allowed, allowed in _RULES:
        value = options.get(name)
        if value is not None and not is_allowed(value):
            raise UsageError(f"{name} must be {allowed}, got {value!r}")
    unknown = options.keys() - ServerOptions.__annotations__.keys()
    if unknown:
        raise UsageError(f"unknown server option {min(unknown)!r}")
    make_limits(options)
    if options.get("reload") and worker_count(options) > 1:
        raise UsageError("reload and workers exclude each other: reload runs a single process")
    if options.get("ssl_keyfile") and not options.get("ssl_certfile"):
        raise UsageError("ssl_keyfile was given without ssl_certfile")
    for name in ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "env_file"):
        if options.get(name) and not Path(options[name]).is_file():
            raise UsageError(f"{name} {os.fspath(options[name])!r} does not exist")
    _check_sockets(options)


def _check_sockets(options: Mapping[str, Any]) -> None:
    if options.get("uds") and not hasattr(socket, "AF_UNIX"):
        raise UsageError("uds is not available on this system")
    if not options.get("reuse_port"):
        return
    if not hasattr(socket, "SO_REUSEPORT"):
        raise UsageError("reuse_port is not available on this system")
    if options.get("uds") or options.get("fd") is not None:
        raise UsageError("reuse_port is for host and port, not for uds or fd")


_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("port", lambda port: 0 <= port <= 65535, "0 to 65535"),
    ("fd", lambda fd: fd >= 0, "0 or more"),
    ("backlog", lambda size: size >= 1, "1 or more"),
    ("timeout_keep_alive", lambda seconds: seconds >= 0, "0 or more seconds"),
    ("timeout_graceful_shutdown", lambda seconds: seconds >= 0, "0 or more seconds"),
    ("limit_concurrency", lambda count: count >= 1, "1 or more"),
    ("limit_max_requests", lambda count: count >= 1, "1 or more"),
    ("ws_max_size", lambda size: size >= 1, "1 or more"),
    ("ws_max_queue", lambda count: count >= 1, "1 or more"),
    ("limit_rss_mib", lambda size: size >= 1, "1 or more"),
    ("detect_blocking", lambda seconds: seconds >= 0, "0 or more seconds"),
    (
        "log_level",
        lambda level: isinstance(level, int) or level.lower() in LOG_LEVELS,
        f"one of {', '.join(LOG_LEVELS)}",
    ),
)
