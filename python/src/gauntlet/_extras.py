"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import MissingExtraError


def need(module: str, extra: str | None = None, *, package: str | None = None) -> Any:
    """A module. @raise MissingExtraError that says how to install it: an extra of this package, or another package."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        wanted = package or f"'gauntlet-client[{extra}]'"
        raise MissingExtraError(f"This needs the package {package or module}: pip install {wanted}.") from error
