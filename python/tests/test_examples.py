"""Examples run as their readers run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml
from conftest import ROOT

import gauntlet

CI = ROOT / "examples" / "ci"


def test_the_first_numbers_are_those_of_a_network_that_was_trained(g: gauntlet.Gauntlet) -> None:
    pytest.importorskip("torch")
    environment = {**os.environ, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "first_numbers.py")], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("first-numbers")]
    assert len(rows) == 9 and "p (McNemar)" in done.stdout
    with pytest.raises(gauntlet.errors.NotFoundError):
        g.models.get("first-numbers")


def test_the_first_numbers_come_by_curl_too(g: gauntlet.Gauntlet) -> None:
    if not shutil.which("jq") or not shutil.which("curl"):
        pytest.skip("curl and jq are not installed")
    environment = {**os.environ, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    script = str(ROOT / "examples" / "first-numbers.sh")
    done = subprocess.run(["bash", script], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["FGSM", "PGD"]
    robust = g.evaluate("mnist-baseline", "mnist-test", "pgd", eps=0.1, n=200)[0].robust_accuracy
    assert f"{100 * robust:g} % under attack" in done.stdout
    refused = subprocess.run(["bash", script, "no such model"], capture_output=True, text=True, env=environment)
    assert refused.returncode == 1 and "There is no model no such model" in refused.stderr


def test_the_action_gates_on_the_server_that_it_is_given(g: gauntlet.Gauntlet, tmp_path: object) -> None:
    (step,) = yaml.safe_load((CI / "github-action" / "action.yml").read_text())["runs"]["steps"]
    # The client of the clone stands for the one that is installed from the registry.
    script = f"npm() {{ mkdir -p \"$3/node_modules/.bin\"; ln -s {ROOT}/client/bin/gauntlet.js \"$3/node_modules/.bin/gauntlet\"; }}\n{step['run']}"
    values = {"GATE": str(CI / "gate.yaml"), "URL": g.url, "GAUNTLET_TOKEN": g.settings.token or "", "JUNIT": f"{tmp_path}/gate.xml", "VERSION": "latest", "GITHUB_STEP_SUMMARY": f"{tmp_path}/summary.md"}
    assert set(step["env"]) <= set(values)
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], capture_output=True, text=True, env={**os.environ, **values})
    assert done.returncode == 0, done.stderr
    assert "Robustness gate passed" in open(values["GITHUB_STEP_SUMMARY"]).read() and "testsuite" in open(values["JUNIT"]).read()


NOTEBOOKS = sorted(path.stem for path in (ROOT / "examples" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_to_its_end(g: gauntlet.Gauntlet, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "pandas", "nbclient", "ipykernel"):
        pytest.importorskip(package)
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "notebooks"))
    from execute import HERE, execute

    for variable, value in {"GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or "", "EXAMPLE_IMAGES": "12", "EXAMPLE_STEPS": "12"}.items():
        monkeypatch.setenv(variable, value)
    executed = execute(HERE / f"{name}.ipynb")
    assert all(cell.execution_count is not None for cell in executed.cells if cell.cell_type == "code")
    assert warnings_of(executed) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_kept_of_a_notebook_has_results_and_no_warnings(name: str) -> None:
    kept = json.loads((ROOT / "examples" / "notebooks" / f"{name}.ipynb").read_text())
    assert warnings_of(kept) == []
    assert sum(len(cell["outputs"]) for cell in kept["cells"] if cell["cell_type"] == "code") > 0


def warnings_of(book: Any) -> list[Any]:
    """What cells wrote beside their results: warnings, with paths of the machine that ran them."""
    outputs = [output for cell in book["cells"] if cell["cell_type"] == "code" for output in cell["outputs"]]
    return [output["text"] for output in outputs if output.get("name") == "stderr"]
