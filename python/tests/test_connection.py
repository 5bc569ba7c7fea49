"""Servers that are away, slow, foreign, behind proxies or with certificates of their own; and servers that are started here."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import ENVIRONMENT, SERVER

import gauntlet
from gauntlet import errors

MODELS = {"data": {"models": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}


class Fake:
    """A server that answers as a test says."""

    def __init__(self, answer: Callable[[int, str], tuple[int, dict[str, str], bytes] | None], tls: tuple[str, str] | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                fake.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                answered = answer(len(fake.requests), body)
                if answered is None:
                    # A connection that breaks before an answer.
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status, headers, content = answered
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()


def ok(_count: int, _body: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(MODELS).encode()


def test_a_server_that_starts_again_is_asked_again() -> None:
    def answer(count: int, body: str) -> tuple[int, dict[str, str], bytes] | None:
        return None if count == 1 else (503, {}, b"starting") if count == 2 else (429, {"retry-after": "1"}, b"{}") if count == 3 else ok(count, body)

    with Fake(answer) as fake, gauntlet.connect(fake.url) as g:
        began = time.monotonic()
        assert g.models.list() == [] and len(fake.requests) == 4
        assert time.monotonic() - began >= 1


def test_a_mutation_that_may_have_arrived_is_not_sent_again() -> None:
    with Fake(lambda _count, _body: None) as fake, gauntlet.connect(fake.url, retry_for=5) as g:
        with pytest.raises(errors.UnreachableError):
            g.jobs.cancel("abc")
        assert len(fake.requests) == 1


def test_a_server_that_stays_away_is_unreachable_after_the_time_that_was_given() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with gauntlet.connect(url, retry_for=1) as g, pytest.raises(errors.UnreachableError, match="Is the server running"):
        g.models.list()


def test_what_is_no_gauntlet_server_is_named() -> None:
    with Fake(lambda _count, _body: (200, {}, b"<html>")) as fake, gauntlet.connect(fake.url) as g, pytest.raises(errors.RequestError, match="Is that a Gauntlet server"):
        g.models.list()
    with pytest.raises(errors.GauntletError, match="http://"):
        gauntlet.connect("localhost:4000")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"url": "http://user:secret@127.0.0.1:4000"}, errors.GauntletError, "'http://127.0.0.1:4000' holds a name or password: give the token alone"),
        ({"url": "http://127.0.0.1:port"}, errors.GauntletError, "Port could not be cast"),
        ({"url": "http://[::1"}, errors.GauntletError, "Invalid IPv6 URL"),
        ({"url": "http://:4000"}, errors.GauntletError, "names no server"),
        ({"url": "http://127.0.0.1:4000?page=1"}, errors.GauntletError, "has a query"),
        ({"token": "tök\nen"}, errors.AuthenticationError, "characters that no token has"),
        ({"timeout": -1}, errors.ValidationError, "timeout: -1 is no number of seconds"),
        ({"timeout": "5"}, errors.ValidationError, "no number of seconds"),
        ({"retry_for": -1}, errors.ValidationError, "retry_for"),
        ({"proxy": "nonsense"}, errors.ValidationError, "proxy URL"),
        ({"headers": {"x": 1}}, errors.ValidationError, "Header value"),
        ({"verify": "/nowhere.pem"}, errors.ValidationError, "There are no certificates in /nowhere.pem"),
    ],
)
def test_a_connection_that_cannot_be_says_why(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        gauntlet.connect(**settings)
    assert "secret" not in str(caught.value)


def test_an_address_of_another_page_is_no_server_that_failed(g: gauntlet.Gauntlet) -> None:
    with gauntlet.connect(f"{g.url}/models", g.settings.token) as lost, pytest.raises(errors.RequestError, match="There is no Gauntlet server at .*/models"):
        lost.models.list()


def test_a_token_may_end_with_the_line_break_of_its_file_and_headers_that_cannot_be_sent_are_not_tried_again(g: gauntlet.Gauntlet) -> None:
    with gauntlet.connect(f" {g.url.replace('http', 'HTTP')}/\n", f"{g.settings.token}\n") as same:
        assert same.models.list()
    began = time.monotonic()
    with gauntlet.connect(g.url, headers={"no name": "x"}) as wrong, pytest.raises(errors.ValidationError, match="cannot be sent"):
        wrong.models.list()
    assert time.monotonic() - began < 5


def test_a_proxy_that_is_away_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with gauntlet.connect("http://gauntlet.example", proxy="http://me:secret@127.0.0.1:9", retry_for=0) as g, pytest.raises(errors.UnreachableError) as caught:
        g.models.list()
    assert "through the proxy http://127.0.0.1:9 (" in str(caught.value) and "secret" not in str(caught.value)
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with gauntlet.connect("http://gauntlet.example", retry_for=0) as g, pytest.raises(errors.UnreachableError, match="through the proxy http://127.0.0.1:9"):
        g.models.list()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with gauntlet.connect("http://127.0.0.1:9", retry_for=0) as g, pytest.raises(errors.UnreachableError) as direct:
        g.models.list()
    assert "proxy" not in str(direct.value)


def test_address_and_token_come_from_the_environment_and_stay_out_of_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    with Fake(ok) as fake:
        monkeypatch.setenv("GAUNTLET_URL", f"{fake.url}/graphql")
        monkeypatch.setenv("GAUNTLET_TOKEN", "secret-token")
        with gauntlet.connect(headers={"x-team": "red"}) as g:
            g.models.list()
            assert "secret-token" not in repr(g) + repr(g.settings)
        path, headers = fake.requests[0]
        assert path == "/graphql" and headers["authorization"] == "Bearer secret-token" and headers["x-team"] == "red"


def test_a_proxy_is_used() -> None:
    with Fake(ok) as proxy, gauntlet.connect("http://gauntlet.example", proxy=proxy.url) as g:
        assert g.models.list() == []
        assert proxy.requests[0][0] == "http://gauntlet.example/graphql"


def test_a_certificate_of_ones_own_is_trusted_where_it_is_given(tmp_path: Path) -> None:
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, *subject], check=True, capture_output=True)
    with Fake(ok, tls=(certificate, key)) as fake:
        with gauntlet.connect(fake.url, verify=certificate) as g:
            assert g.models.list() == []
        with gauntlet.connect(fake.url, retry_for=0.1) as g, pytest.raises(errors.UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            g.models.list()


def test_a_slow_server_is_given_up_after_the_timeout() -> None:
    def slow(count: int, body: str) -> tuple[int, dict[str, str], bytes]:
        time.sleep(2)
        return ok(count, body)

    with Fake(slow) as fake, gauntlet.connect(fake.url, timeout=0.3, retry_for=0.1) as g, pytest.raises(errors.UnreachableError):
        g.models.list()


def test_a_server_that_is_killed_and_started_again_does_not_disturb_an_evaluation(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    kept = tmp_path / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings: dict[str, Any] = {"command": SERVER, "port": port, "environment": {**ENVIRONMENT, "GAUNTLET_SHARD_SIZE": "32"}}
    attack = gauntlet.attacks.pgd(steps=60)
    first = gauntlet.serve(kept, **settings)
    results: list[Any] = []
    waiting = threading.Thread(target=lambda: results.append(first.evaluate("mnist-baseline", "mnist-test", attack, eps=0.1, n=256)))
    waiting.start()
    with gauntlet.connect(first.url, first.settings.token) as watcher:
        while not any(job["progress"]["done"] > 0 for job in watcher.query("{ jobs(first: 5, filter: {states: [RUNNING]}) { nodes { progress { done } } } }")["jobs"]["nodes"]):
            time.sleep(0.1)
        os.kill(first._on_close.__self__._process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        first._on_close.__self__._process.wait()  # type: ignore[union-attr]
    with gauntlet.serve(kept, **settings) as second:
        waiting.join(120)
        assert len(results) == 1
        disturbed = second.evaluation(results[0][0].id)
        undisturbed = g.evaluate("mnist-baseline", "mnist-test", attack, eps=0.1, n=256)[0]
        assert disturbed.data.sample_count == 256
        assert disturbed.robust_accuracy == results[0][0].robust_accuracy == undisturbed.robust_accuracy
        assert disturbed.data.mean_distortion == undisturbed.data.mean_distortion
    first.close()


def test_a_server_that_was_started_here_stops_with_the_connection(tmp_path: Path) -> None:
    stub = tmp_path / "server"
    stub.write_text("#!/bin/sh\necho 'export GAUNTLET_TOKEN=gauntlet_first'\necho 'Gauntlet serves at http://127.0.0.1:9/graphql. A first query:'\necho $GAUNTLET_DATA_DIR > " + str(tmp_path / "where") + "\nexec sleep 60\n")
    stub.chmod(0o755)
    g = gauntlet.serve(command=[str(stub)])
    process, folder = g._on_close.__self__._process, Path((tmp_path / "where").read_text().strip())  # type: ignore[union-attr]
    assert g.url == "http://127.0.0.1:9" and g.settings.token == "gauntlet_first" and folder.exists()
    assert stat.S_IMODE((folder / "client-token").stat().st_mode) == 0o600
    g.close()
    assert process.poll() is not None and not folder.exists()


def test_a_server_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    with pytest.raises(errors.GauntletError, match="https://nodejs.org"):
        gauntlet.serve(command=["/nowhere/gauntlet-server"])
    with pytest.raises(errors.GauntletError, match="no such option"):
        gauntlet.serve(command=["sh", "-c", "echo no such option; exit 1"])
    with pytest.raises(errors.GauntletError, match="within 0.5 s"):
        gauntlet.serve(command=["sleep", "30"], timeout=0.5)


def test_docker_gets_a_port_a_folder_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho \"$@\" > " + str(tmp_path / "arguments") + "\necho 'Gauntlet serves at http://0.0.0.0:4000/graphql. A first query:'\nexec sleep 60\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with gauntlet.serve(tmp_path / "data", by="docker", environment={"GAUNTLET_ENGINE": "compiled:cpu"}) as g:
        arguments = (tmp_path / "arguments").read_text()
        assert f"--publish=127.0.0.1:{g.url.rpartition(':')[2]}:4000" in arguments
        assert f"--volume={tmp_path / 'data'}:/data" in arguments and "--env=GAUNTLET_ENGINE=compiled:cpu" in arguments


@pytest.mark.parametrize(("extra", "module", "use"), [
    ("pandas", "pandas", "g.evaluate('mnist-baseline', 'mnist-test', 'fgsm', eps=0.1, n=8).to_pandas()"),
    ("plot", "matplotlib", "g.evaluate('mnist-baseline', 'mnist-test', 'fgsm', eps=0.1, n=8).plot()"),
    ("mlflow", "mlflow", "g.evaluate('mnist-baseline', 'mnist-test', 'fgsm', eps=0.1, n=8).to_mlflow()"),
    ("torch", "onnx", "g.models.get('mnist-baseline').to_torch(object())"),
])
def test_a_part_without_its_extra_says_what_to_install(g: gauntlet.Gauntlet, extra: str, module: str, use: str) -> None:
    hidden = ("torch", "onnx", "onnxruntime", "pandas", "matplotlib", "mlflow", "huggingface_hub", "IPython")
    code = f"""
import sys
for name in {hidden!r}: sys.modules[name] = None
import gauntlet
g = gauntlet.connect({g.url!r}, {g.settings.token!r})
try:
    {use}
except gauntlet.errors.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"pip install 'gauntlet-client[{extra}]'" in done.stdout, done.stderr
