"""A plugin for pytest: `def test_robust(gauntlet): assert gauntlet.evaluate(…)[0].robust_accuracy > 0.5`.

Fixtures: `gauntlet`, a connection to the server of GAUNTLET_URL, or, with `--gauntlet-serve`, to one that is started for the session; and `gauntlet_gate`,
which runs a gate's file and fails with what does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ._sync.client import Gauntlet
    from .gate import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gauntlet")
    group.addoption("--gauntlet-url", default=None, help="address of a Gauntlet server (default: GAUNTLET_URL)")
    group.addoption("--gauntlet-serve", action="store_true", help="start a Gauntlet server for the session")


@pytest.fixture(scope="session", name="gauntlet")
def _gauntlet(pytestconfig: pytest.Config) -> Iterator[Gauntlet]:
    # Imported here, since the plugin is loaded into every run of pytest.
    from . import connect, serve

    with serve() if pytestconfig.getoption("--gauntlet-serve") else connect(pytestconfig.getoption("--gauntlet-url")) as connected:
        # Where no server answers, all tests end with this error, and none waits for itself.
        connected.query("{ __typename }")
        yield connected


@pytest.fixture(scope="session")
def gauntlet_gate(gauntlet: Gauntlet) -> Callable[[str | Path], Report]:
    """Runs a gate's file. Fails the test where a check does not pass."""
    from .gate import Gate, run

    def check(path: str | Path) -> Report:
        report = run(gauntlet, Gate.read(path))
        failed = [f"{each.model}: {each.name}: {each.message}" for each in report.checks if not each.passed]
        if failed:
            pytest.fail("\n".join(["The robustness gate does not pass:", *failed]), pytrace=False)
        return report

    return check
