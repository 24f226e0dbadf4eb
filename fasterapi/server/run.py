"""Run an application on uvicorn: one process, several, or one that reloads.

Several processes and reload start fresh interpreters which import the application again,
so they need to know where it is. A script that calls ``app.run(workers=2)`` does not say;
`importable_name` finds out. And a module that starts a server when it is imported must not
do so in those processes: `importing_app` and the environment variable below prevent it.
"""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

from typing_extensions import Unpack
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess, multiprocess

from fasterapi.exceptions import UsageError
from fasterapi.server.argv import read_flags
from fasterapi.server.limits import LIMIT_OPTIONS
from fasterapi.server.options import ServerOptions, check_options, merge_options, worker_count
from fasterapi.server.protocol import HttpProtocol, websocket_factory
from fasterapi.server.serving import DoorServer, WorkerProcess
from fasterapi.server.sockets import bind_reusable
from fasterapi.server.urls import docs_url

__all__ = ("importable_name", "importing_app", "run_app", "serve")

logger = logging.getLogger("fasterapi.server")

# Process id of the process that supervises; its children compare it with their parent's.
_SUPERVISOR_VARIABLE = "FASTERAPI_SUPERVISOR_PID"
# What uvicorn's Config does not know.
_OWN_OPTIONS = ("limit_rss_mib", "reuse_port", "detect_blocking")
_import_depth = 0


def serve(target: Any, **options: Unpack[ServerOptions]) -> None:
    """Serve *target* until the process is told to stop.

    Does nothing when called while the module of the application is being imported by a
    server: there is one already.

    Args:
        target: An ASGI application, or its import string ``"module:name"``.
        **options: See `ServerOptions`.

    Raises:
        UsageError: An option is wrong, or workers or reload are wanted for an object that
            new processes cannot import.
        SystemExit: The start failed; status 3, the cause was logged.
    """
    if _is_being_imported():
        logger.debug("run ignored, a server is importing this module pid=%d", os.getpid())
        return
    settings = merge_options(options)
    check_options(settings)
    workers = settings["workers"] = worker_count(settings)
    is_supervised = workers > 1 or bool(settings.get("reload"))
    docs = docs_url(target, settings)
    if is_supervised and not isinstance(target, str):
        target = importable_name(target)
    config = _config(target, settings)
    if docs is not None:
        # uvicorn's logger: it has a handler now, and its line about the address comes next.
        logging.getLogger("uvicorn.error").info("API documentation at %s", docs)
    if is_supervised:
        _supervise(config)
    else:
        _run_here(config)


def run_app(
    app: Any,
    settings: Mapping[str, Any],
    argv: Sequence[str] | None = None,
    **options: Unpack[ServerOptions],
) -> None:
    """Serve *app* as ``app.run(...)`` does.

    The command line wins over *options*, these win over *settings*, these over the defaults.

    Args:
        app: The application.
        settings: Options given to the application's constructor.
        argv: Command line to read server flags from; ``sys.argv[1:]`` if None, ``()`` to
            read none.
        **options: Options given to ``run``.
    """
    if _is_being_imported():
        logger.debug("run ignored, a server is importing this module pid=%d", os.getpid())
        return
    serve(app, **merge_options(read_flags(argv), options, settings))


def choose_http(settings: Mapping[str, Any]) -> Any:
    """Return the protocol class that reads HTTP; the one place where it is chosen."""
    return settings.get("http", HttpProtocol)


@contextmanager
def importing_app() -> Iterator[None]:
    """Make `serve` do nothing inside: the block imports a module to find its application."""
    global _import_depth
    _import_depth += 1
    try:
        yield
    finally:
        _import_depth -= 1


def importable_name(app: Any) -> str:
    """Return an import string of *app* that works in a process which this one spawns.

    Raises:
        UsageError: *app* is not a variable of any imported module.
    """
    main = sys.modules.get("__main__")
    if main is not None and (module := _spawned_main_name(main)) is not None:
        attribute = _attribute_of(main, app)
        if attribute is not None:
            return f"{module}:{attribute}"
    for name, other in list(sys.modules.items()):
        if other is not main and isinstance(other, ModuleType):
            attribute = _attribute_of(other, app)
            if attribute is not None:
                return f"{name}:{attribute}"
    raise UsageError(
        "workers and reload need the application as a variable of a module or script file, so "
        "that new processes can import it; it is none. Assign it at module level, or pass an "
        "import string such as 'main:app'"
    )


def _spawned_main_name(main: ModuleType) -> str | None:
    """Return what the script's module is called in a spawned process; None if it has no file."""
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        # `python -m package`: multiprocessing leaves modules called __main__ out.
        return str(spec.name) if spec.name.rpartition(".")[2] == "__main__" else "__mp_main__"
    return "__mp_main__" if getattr(main, "__file__", None) else None


def _attribute_of(module: ModuleType, app: Any) -> str | None:
    for name, value in list(vars(module).items()):
        if value is app:
            return name
    return None


def _is_being_imported() -> bool:
    if _import_depth:
        return True
    # Not multiprocessing.parent_process(): it is None while a new process imports the script.
    return os.environ.get(_SUPERVISOR_VARIABLE) == str(os.getppid())


class _Config(Config):
    """uvicorn's settings and ours; importing the application never starts a second server."""

    limit_rss_mib: int | None = None
    reuse_port: bool = False
    detect_blocking: float | None = None
    http_limit_options: Mapping[str, Any] = {}

    def load(self) -> None:
        if self.ws == "auto":
            self.ws = websocket_factory()
        with importing_app():
            super().load()

    def bind_socket(self) -> socket.socket:
        return bind_reusable(self) if self.reuse_port else super().bind_socket()


class _Supervisor(Multiprocess):
    """uvicorn's supervisor; it notices at once when a worker dies while it is asked for life.

    The parent keeps the worker's end of the pipe open, so a dead worker looks like a silent
    one until the time for an answer is up.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The supervisor makes workers in several places, of what its module calls Process.
        multiprocess.Process = WorkerProcess  # type: ignore[misc]
        super().__init__(*args, **kwargs)

    def init_processes(self) -> None:
        super().init_processes()
        self._close_far_ends()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._close_far_ends()

    def handle_signals(self) -> None:  # some of them start workers
        super().handle_signals()
        self._close_far_ends()

    def _close_far_ends(self) -> None:
        for process in self.processes:
            process.child_conn.close()


def _config(target: Any, settings: Mapping[str, Any]) -> _Config:
    passed: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in settings.items()
        if name not in ("http", *_OWN_OPTIONS, *LIMIT_OPTIONS)
    }
    # uvicorn kills a worker that takes longer to start, again and again; its own default of
    # 5 s is too short for large programs and busy machines.
    passed.setdefault("timeout_worker_healthcheck", 30)
    if "limit_max_requests" in passed:
        # Workers that are equally busy would all be replaced at the same moment.
        passed.setdefault("limit_max_requests_jitter", passed["limit_max_requests"] // 10)
    config = _Config(target, http=choose_http(settings), **passed)
    for name in _OWN_OPTIONS:
        setattr(config, name, settings.get(name))
    config.http_limit_options = {name: settings.get(name) for name in LIMIT_OPTIONS}
    return config


def _run_here(config: _Config) -> None:
    server = DoorServer(config)
    with _terminating_cleanly(server), suppress(KeyboardInterrupt):
        server.run([config.bind_socket()] if config.reuse_port else None)
    _remove_socket(config)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


@contextmanager
def _terminating_cleanly(server: Server) -> Iterator[None]:
    """Let SIGTERM end the process with status 0.

    uvicorn raises the signal again when it has finished, which kills the process with
    status -15 unless somebody handles it.
    """
    is_main_thread = threading.current_thread() is threading.main_thread()
    if not is_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, server.handle_exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _supervise(config: Config) -> None:
    os.environ[_SUPERVISOR_VARIABLE] = str(os.getpid())
    sockets = [config.bind_socket()]
    failed = False
    try:
        if config.should_reload:
            ChangeReload(config, target=DoorServer(config).run, sockets=sockets).run()
        else:
            supervisor = _Supervisor(config, sockets=sockets)
            supervisor.run()
            failed = any(child.exitcode == STARTUP_FAILURE for child in supervisor.processes)
    except KeyboardInterrupt:
        pass
    finally:
        del os.environ[_SUPERVISOR_VARIABLE]
        _remove_socket(config)
    if failed:
        sys.exit(STARTUP_FAILURE)


def _remove_socket(config: Config) -> None:
    if config.uds:
        with suppress(FileNotFoundError):
            os.remove(config.uds)
