"""Models of the Hub, from a server that answers as the Hub does."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import gauntlet
from gauntlet import errors

pytest.importorskip("huggingface_hub")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Repositories by name: files by path."""

    repositories: dict[str, dict[str, bytes]] = {}
    #: Status and code of the Hub, by repository.
    refused = {"org/private": (401, "RepoNotFound"), "org/hidden": (401, ""), "org/gated": (403, "GatedRepo"), "org/broken": (500, ""), "org/known": (404, "RevisionNotFound")}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        for name, (status, code) in self.refused.items():
            if f"/{name}" in path:
                return self.reply(status, b'{"error": "refused"}', {"x-error-code": code, "content-type": "application/json"})
        for name, files in self.repositories.items():
            if path in (f"/api/models/{name}", f"/api/models/{name}/revision/main", f"/api/models/{name}/revision/{COMMIT}"):
                card = {"license": "apache-2.0", "datasets": ["mnist"]}
                # The library of the oldest version wants all of these.
                always = {"private": False, "disabled": False, "gated": False, "downloads": 0, "likes": 0, "tags": []}
                about = {"id": name, "modelId": name, "sha": COMMIT, "cardData": card, "siblings": [{"rfilename": file} for file in files], **always}
                return self.reply(200, json.dumps(about).encode(), {"content-type": "application/json"})
            begin = f"/{name}/resolve/{COMMIT}/"
            if path.startswith(begin) and path.removeprefix(begin) in files:
                content = files[path.removeprefix(begin)]
                return self.reply(200, content, {"etag": f'"{hashlib.sha1(content).hexdigest()}"', "x-repo-commit": COMMIT, "content-type": "application/octet-stream"})
        self.reply(404, b'{"error": "Repository not found"}', {"x-error-code": "RepoNotFound", "content-type": "application/json"})

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def repositories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, dict[str, bytes]]]:
    import huggingface_hub
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    api = huggingface_hub.HfApi
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda **options: api(endpoint=address, **options))
    download = huggingface_hub.hf_hub_download
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *given, **options: download(*given, **options, endpoint=address, cache_dir=tmp_path))
    Hub.repositories = {}
    yield Hub.repositories
    server.shutdown()
    server.server_close()


PREPARATION = json.dumps({"do_normalize": True, "image_mean": [0.5], "image_std": [0.5], "rescale_factor": 1 / 255}).encode()
CLASSES = json.dumps({"id2label": {str(i): f"digit {i}" for i in range(10)}}).encode()


def test_a_repository_is_submitted_with_what_it_says_of_images_and_classes(
    g: gauntlet.Gauntlet, repositories: dict[str, dict[str, bytes]], trained: Any, test_digits: tuple[Any, Any]
) -> None:
    from gauntlet import _torch

    exported = _torch.export(trained, test_digits[0][:4], ((0.5,), (0.5,)), None)
    repositories["org/digits"] = {"README.md": b"# Digits", "onnx/model.onnx": exported.onnx, "preprocessor_config.json": PREPARATION, "config.json": CLASSES}
    model = gauntlet.hub.submit(g, "org/digits", value_range=(0.0, 1.0))
    assert model.name == "digits" and COMMIT in model.data.description and "Licence: apache-2.0" in model.data.description
    assert model.spec is not None and list(model.spec.class_names or [])[:2] == ["digit 0", "digit 1"] and list(model.spec.mean) == [0.5]
    own = g.models.submit(trained, name="own digits", like=test_digits[0][:4], normalize=((0.5,), (0.5,)))
    both = g.evaluate([model, own], "mnist-test", "fgsm", eps="8/255", n=32)
    assert both[0].robust_accuracy == both[1].robust_accuracy > 0.2


def test_a_repository_without_one_file_says_what_to_do(g: gauntlet.Gauntlet, repositories: dict[str, dict[str, bytes]]) -> None:
    repositories["org/torch"] = {"model.safetensors": b"x"}
    with pytest.raises(errors.ValidationError, match="has no ONNX file. Load the model"):
        gauntlet.hub.submit(g, "org/torch")
    repositories["org/two"] = {"a.onnx": b"x", "b.onnx": b"x"}
    with pytest.raises(errors.ValidationError, match="give file=…, one of a.onnx, b.onnx"):
        gauntlet.hub.submit(g, "org/two")
    repositories["org/large"] = {"model.onnx": b"x", "model.onnx_data": b"x"}
    with pytest.raises(errors.ValidationError, match="in a file of their own"):
        gauntlet.hub.submit(g, "org/large")
    with pytest.raises(errors.ValidationError, match="no file c.onnx"):
        gauntlet.hub.submit(g, "org/two", file="c.onnx")


def test_what_the_hub_refuses_is_an_error_of_this_package(g: gauntlet.Gauntlet, repositories: dict[str, dict[str, bytes]]) -> None:
    cases: list[tuple[str, type[errors.GauntletError], str]] = [
        ("org/none", errors.NotFoundError, "no repository 'org/none' on the Hub, or it is private"),
        ("org/known", errors.NotFoundError, "has no revision 'v9'"),
        ("org/private", errors.GauntletError, "org/private"),
        ("org/hidden", errors.ForbiddenError, "does not show org/hidden"),
        ("org/gated", errors.ForbiddenError, "does not show org/gated"),
        ("org/broken", errors.UnreachableError, "does not answer about org/broken"),
        ("https://huggingface.co/org/model", errors.ValidationError, "is no repository"),
    ]
    for name, kind, message in cases:
        with pytest.raises(kind, match=message):
            gauntlet.hub.submit(g, name, revision="v9")


def test_odd_files_beside_the_model_are_left_out(g: gauntlet.Gauntlet, repositories: dict[str, dict[str, bytes]]) -> None:
    onnx = g.models.get("mnist-baseline").onnx()
    repositories["org/odd"] = {
        "deep/er/net.onnx": onnx,
        "deep/er/net.onnx.json": b"{}",
        "config.json": b'{"id2label": {"a": "x", "b": "y"}}',
        "preprocessor_config.json": b"no JSON",
    }
    model = gauntlet.hub.submit(g, "org/odd", name="odd files", value_range=(0.0, 1.0))
    assert model.spec is not None and model.spec.class_count == 10 and "deep/er/net.onnx" in model.data.description
    scalars = json.dumps({"image_mean": 0.5, "image_std": 0.5}).encode()
    repositories["org/scalars"] = {"model.onnx": onnx, "preprocessor_config.json": scalars}
    scaled = gauntlet.hub.submit(g, "org/scalars", name="scalars", value_range=(0.0, 1.0))
    assert scaled.spec is not None and list(scaled.spec.mean) == [0.5]
