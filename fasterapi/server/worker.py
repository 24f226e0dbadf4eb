"""Worker class for gunicorn: ``gunicorn -k fasterapi.server.Worker main:app``."""

import asyncio
import logging
import signal
import sys
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker as GunicornWorker
from uvicorn import Config

from fasterapi.server.limits import limits_from_environment
from fasterapi.server.protocol import HttpProtocol
from fasterapi.server.serving import DoorServer

__all__ = ("Worker",)

_SSL_OPTIONS = {
    "ssl_keyfile": "keyfile",
    "ssl_certfile": "certfile",
    "ssl_keyfile_password": "password",
    "ssl_version": "ssl_version",
    "ssl_cert_reqs": "cert_reqs",
    "ssl_ca_certs": "ca_certs",
    "ssl_ciphers": "ciphers",
}


class Worker(GunicornWorker):  # type: ignore[misc]
    """Runs our server in a process that gunicorn has made, on the sockets it has opened.

    gunicorn's settings that have a meaning here are used: keepalive, timeout,
    graceful_timeout, max_requests, backlog, forwarded_allow_ips and those of TLS. Our limits
    come from the environment: see `fasterapi.server.limits`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share_logs("uvicorn.error", self.log.error_log)
        self._share_logs("uvicorn.access", self.log.access_log)
        options: dict[str, Any] = {
            "timeout_keep_alive": self.cfg.keepalive,
            "timeout_notify": self.timeout,
            "callback_notify": self._notify,
            "limit_max_requests": self.max_requests,
            "forwarded_allow_ips": self.cfg.forwarded_allow_ips,
            # gunicorn kills a worker that takes longer than its own limit.
            "timeout_graceful_shutdown": max(1, min(15, self.cfg.graceful_timeout - 2)),
        }
        if self.cfg.is_ssl:
            for name, key in _SSL_OPTIONS.items():
                options[name] = self.cfg.ssl_options.get(key)
        if self.cfg.settings["backlog"].value:
            options["backlog"] = self.cfg.settings["backlog"].value
        self.config = Config(None, log_config=None, http=HttpProtocol, **options)  # type: ignore[arg-type]
        self.config.http_limits = limits_from_environment()  # type: ignore[attr-defined]

    def init_signals(self) -> None:
        """Leave the signals to the server, but the one for reopening log files."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGUSR1, self.handle_usr1)
        signal.siginterrupt(signal.SIGUSR1, False)

    def run(self) -> None:
        """Serve until gunicorn asks for the end."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        server = DoorServer(self.config)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, self.handle_exit, signal.SIGQUIT, None)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    async def _notify(self) -> None:
        self.notify()

    @staticmethod
    def _share_logs(name: str, source: logging.Logger) -> None:
        target = logging.getLogger(name)
        target.handlers = source.handlers
        target.setLevel(source.level)
        target.propagate = False
