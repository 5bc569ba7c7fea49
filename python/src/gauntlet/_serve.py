"""A server of one's own, started here."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ._settings import Settings
from ._sync.client import Gauntlet
from .errors import GauntletError

log = logging.getLogger("gauntlet.server")

PACKAGE = "@gauntlet/server"
IMAGE = "gauntlet"
ADDRESS = re.compile(r"Gauntlet serves at (https?://\S+?)/graphql")
TOKEN = re.compile(r"export GAUNTLET_TOKEN=(\S+)")
#: Seconds that a server may take to stop.
GRACE = 25.0


def serve(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    by: Literal["npx", "docker"] = "npx",
    command: Sequence[str] | None = None,
    port: int = 0,
    timeout: float = 300.0,
    environment: Mapping[str, str] | None = None,
    **settings: Any,
) -> Gauntlet:
    """Starts a server on this machine and connects to it. It stops when the connection is closed, or when Python ends.

    Args:
        data_dir: Where it keeps models and results. Default: a temporary folder that is deleted when it stops.
        by: `npx`, which needs Node 20.20 or later, or `docker`.
        command: What starts a server instead. Default: GAUNTLET_SERVER, `gauntlet-server` where it is installed, or npx.
        port: Port of this machine. Default: any that is free.
        timeout: Seconds until it must serve. The first start installs it.
        environment: Variables for it, such as `{"GAUNTLET_ENGINE": "compiled:cuda"}`.
        settings: As of `connect`.
    """
    server = LocalServer(data_dir, by=by, command=command, port=port, timeout=timeout, environment=environment)
    try:
        return Gauntlet(Settings.of(server.url, server.token, **settings), on_close=server.stop)
    except BaseException:
        server.stop()
        raise


class LocalServer:
    """A process that serves."""

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None,
        *,
        by: Literal["npx", "docker"],
        command: Sequence[str] | None,
        port: int,
        timeout: float,
        environment: Mapping[str, str] | None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="gauntlet-") if data_dir is None else None
        folder = Path(self._temporary.name if self._temporary else data_dir or ".").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        variables = {"GAUNTLET_LOG_LEVEL": "warn", "GAUNTLET_LOG_PRETTY": "false", **(environment or {})}
        port = port or (_free_port() if by == "docker" else 0)
        if by == "docker":
            options = [f"--env={name}={value}" for name, value in variables.items()]
            started = ["docker", "run", "--rm", "--init", f"--publish=127.0.0.1:{port}:4000", f"--volume={folder}:/data", *options, IMAGE]
            inherited = dict(os.environ)
        else:
            started = list(command or _command())
            inherited = {**os.environ, "GAUNTLET_DATA_DIR": str(folder), "GAUNTLET_HOST": "127.0.0.1", "GAUNTLET_PORT": str(port), **variables}
        try:
            self._process = subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=inherited)
        except FileNotFoundError as error:
            self._forget()
            raise GauntletError(f"{started[0]} is not installed.", code="NO_SERVER", hint=_missing(by)) from error
        atexit.register(self.stop)
        keep = folder / "client-token"
        try:
            url, token = self._until_serving(timeout)
        except BaseException:
            self.stop()
            raise
        #: Address of the server.
        self.url = f"http://127.0.0.1:{port}" if by == "docker" else url
        if token is not None:
            keep.touch(mode=0o600)
            keep.write_text(token)
        #: An admin's token: that of the first start with this folder.
        self.token = keep.read_text().strip() if keep.exists() else None

    def stop(self) -> None:
        """Stops the server, and deletes a temporary folder."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()

    def _until_serving(self, timeout: float) -> tuple[str, str | None]:
        """Address and token, from what it prints. Later lines are logged."""
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        token: str | None = None
        seen: list[str] = []
        while True:
            try:
                line = lines.get(timeout=timeout)
            except queue.Empty:
                raise GauntletError(f"The server did not serve within {timeout:g} s. It printed: {''.join(seen[-10:])}", code="NO_SERVER") from None
            if line is None:
                raise GauntletError(f"The server ended. It printed: {''.join(seen[-10:]).strip()}", code="NO_SERVER")
            seen.append(line)
            if found := TOKEN.search(line):
                token = found[1]
            if found := ADDRESS.search(line):
                return found[1], token

    def _read(self, lines: queue.Queue[str | None]) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # A token is not for a log.
            if not TOKEN.search(line):
                log.debug("%s", line.rstrip())
            lines.put(line)
        lines.put(None)


def _command() -> list[str]:
    if chosen := os.environ.get("GAUNTLET_SERVER"):
        return shlex.split(chosen)
    if installed := shutil.which("gauntlet-server"):
        return [installed]
    return ["npx", "--yes", "--ignore-scripts", "--package", PACKAGE, "gauntlet-server"]


def _missing(by: str) -> str:
    if by == "docker":
        return "Install Docker, or start the server with by='npx'."
    return "Install Node 20.20 or later from https://nodejs.org, start the server with by='docker', or connect to one that runs: gauntlet.connect(url)."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
