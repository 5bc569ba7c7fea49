"""How robust is an image classifier to adversarial examples? Client of a Gauntlet server.

>>> import gauntlet
>>> g = gauntlet.connect()
>>> g.evaluate("mnist-baseline", "mnist-test", ["fgsm", gauntlet.attacks.pgd(steps=40)], eps=["25/255"], n=100)
"""

from __future__ import annotations

import os
import ssl

from . import attacks, errors, hub, training
from ._async.client import AsyncGauntlet
from ._serve import serve
from ._settings import Settings
from ._sync.client import Gauntlet
from ._sync.datasets import Dataset
from ._sync.models import Model
from ._sync.results import Evaluation, Examples, Results, Transfer
from ._sync.training import TrainingRun
from ._values import Attack, Magnitude, Optimizer, Schedule, Scheme
from ._version import __version__
from .errors import GauntletError

__all__ = [
    "AsyncGauntlet",
    "Attack",
    "Dataset",
    "Evaluation",
    "Examples",
    "Gauntlet",
    "GauntletError",
    "Magnitude",
    "Model",
    "Optimizer",
    "Results",
    "Schedule",
    "Scheme",
    "TrainingRun",
    "Transfer",
    "__version__",
    "attacks",
    "connect",
    "connect_async",
    "errors",
    "hub",
    "serve",
    "training",
]


def connect(
    url: str | None = None,
    token: str | None = None,
    *,
    timeout: float = 60.0,
    retry_for: float = 90.0,
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
    proxy: str | None = None,
    headers: dict[str, str] | None = None,
) -> Gauntlet:
    """Connects to a server.

    Args:
        url: Its address. Default: GAUNTLET_URL, or http://127.0.0.1:4000.
        token: Access token. Default: GAUNTLET_TOKEN.
        timeout: Seconds that a request may take until its answer begins.
        retry_for: Seconds for which a server that does not answer, as one that is started again, is asked again.
        verify: Whether certificates are checked; or a file of those that are trusted, or an `ssl.SSLContext`.
        proxy: Address of a proxy. Default: that of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
        headers: More headers of each request.
    """
    return Gauntlet(Settings.of(url, token, timeout=timeout, retry_for=retry_for, verify=verify, proxy=proxy, headers=headers or {}))


def connect_async(
    url: str | None = None,
    token: str | None = None,
    *,
    timeout: float = 60.0,
    retry_for: float = 90.0,
    verify: bool | str | os.PathLike[str] | ssl.SSLContext = True,
    proxy: str | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncGauntlet:
    """The same for `asyncio`: its methods are those of `Gauntlet`, to be awaited."""
    return AsyncGauntlet(Settings.of(url, token, timeout=timeout, retry_for=retry_for, verify=verify, proxy=proxy, headers=headers or {}))
