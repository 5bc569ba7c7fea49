"""The gate for continuous integration, and the plugin for pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from conftest import ROOT

import gauntlet
from gauntlet import _mlflow
from gauntlet import gate as gates
from gauntlet.errors import ValidationError

GATE = yaml.safe_load((ROOT / "examples" / "ci" / "gate.yaml").read_text())


def command(g: gauntlet.Gauntlet, tmp_path: Path, content: Any, *options: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "gate.yaml"
    path.write_text(yaml.safe_dump(content))
    environment = {**os.environ, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    return subprocess.run([sys.executable, "-m", "gauntlet.gate", str(path), "--quiet", *options], capture_output=True, text=True, env=environment)


def test_a_gate_that_passes_ends_with_0_and_writes_what_it_found(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    done = command(g, tmp_path, GATE, "--junit", str(tmp_path / "gate.xml"), "--summary", str(tmp_path / "gate.md"))
    assert done.returncode == 0, done.stderr + done.stdout
    suite = ElementTree.parse(tmp_path / "gate.xml").getroot()[0]
    assert suite.get("tests") == "11" and suite.get("failures") == "0"
    summary = (tmp_path / "gate.md").read_text()
    assert "Robustness gate passed" in summary and "xychart-beta" in summary and f"{g.url}/evaluations/" in summary


def test_each_bound_that_does_not_hold_fails_with_its_numbers(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    bounds = {"cleanAccuracy": 1.0, "robustAccuracy": {"25/255": 0.9}, "worstCase": 0.9, "fall": {"largest": 0.01}, "findings": ["TOO_FEW_EXAMPLES"]}
    turned = {**GATE, "models": ["mnist-baseline"], "baseline": "mnist-adversarial", "bounds": bounds}
    done = command(g, tmp_path, turned, "--junit", str(tmp_path / "gate.xml"))
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    names = [line.split(": ")[1] for line in failed]
    assert names == [
        "clean accuracy",
        "robust accuracy, FGSM ε=25/255",
        "robust accuracy, PGD ε=25/255",
        "worst case of all attacks",
        "findings",
        "against mnist-adversarial, FGSM ε=25/255",
        "against mnist-adversarial, PGD ε=25/255",
    ]
    assert "lost 35, won 1" in failed[5] and "TOO_FEW_EXAMPLES" in failed[4]
    assert ElementTree.parse(tmp_path / "gate.xml").getroot()[0].get("failures") == "7"


def test_the_other_command_line_finds_the_same(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    bounds = {"cleanAccuracy": 1.0, "robustAccuracy": 0.9, "worstCase": 0.925, "fall": {"largest": 0.01}, "findings": "WARNING"}
    content = {**GATE, "models": ["mnist-baseline"], "baseline": "mnist-adversarial", "bounds": bounds}
    here = command(g, tmp_path, content, "--junit", str(tmp_path / "here.xml"), "--summary", str(tmp_path / "here.md"))
    files = ["--junit", str(tmp_path / "there.xml"), "--summary", str(tmp_path / "there.md")]
    environment = {**os.environ, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    client = ["node", str(ROOT / "client" / "bin" / "gauntlet.js"), "gate", str(tmp_path / "gate.yaml"), *files]
    there = subprocess.run(client, capture_output=True, text=True, env=environment)
    assert (here.returncode, here.stdout) == (there.returncode, there.stdout) and here.returncode == 1, there.stderr
    assert (tmp_path / "here.md").read_text() == (tmp_path / "there.md").read_text()
    assert (tmp_path / "here.xml").read_text() == (tmp_path / "there.xml").read_text()


def test_a_fall_that_may_be_chance_passes(g: gauntlet.Gauntlet) -> None:
    turned = {**GATE, "models": ["mnist-baseline"], "baseline": "mnist-adversarial", "epsilons": ["8/255"], "bounds": {"fall": {"largest": 0}}}
    report = gates.run(g, gates.Gate.model_validate(turned))
    assert report.passed and all("-1.5 points" in check.message for check in report.checks)


def test_p_values_are_adjusted_for_their_number() -> None:
    assert gates._holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06]) and gates._holm([0.7, 0.8]) == [1, 1]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"bounds": {"robustAcuracy": 0.5}}, "bounds.robustAcuracy"),
        ({"bounds": {}}, "bounds"),
        ({"baseline": None}, "baseline"),
        ({"models": []}, "models"),
        ({"bounds": {"worstCase": 2}}, "bounds.worstCase"),
        ({"bounds": {"robustAccuracy": -0.1}}, "bounds.robustAccuracy: "),
        ({"bounds": {"robustAccuracy": "0.5"}}, "bounds.robustAccuracy: "),
        ({"samples": "40"}, "samples: "),
        ({"models": [{"fil": "net.onnx"}]}, "models.0.file: "),
        ({"attacks": [{"fgsm": {}, "pgd": {}}]}, "attacks: Give one attack"),
        # Bounds that nothing could break.
        ({"bounds": {"robustAccuracy": {"9/255": 0.5}}}, "No attack has the budget 9/255. There are: 8/255, 25/255."),
        ({"bounds": {"findings": ["GRADIENT_MASK"]}}, "no finding 'GRADIENT_MASK'"),
        ({"baseline": "mnist-adversarial", "bounds": {"fall": {}}}, "nothing to check"),
    ],
)
def test_a_file_that_is_wrong_ends_with_2_and_the_path(g: gauntlet.Gauntlet, tmp_path: Path, change: Any, path: str) -> None:
    done = command(g, tmp_path, {**GATE, **change})
    assert done.returncode == 2 and path in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "holds no gate"), ("- fgsm\n", "holds no gate"), ("dataset: a\nmodels: *b\n", "is no YAML"), ("dataset: a\ndataset: b\n", "'dataset' is there twice")],
)
def test_a_file_that_is_no_gate_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    with pytest.raises(ValidationError, match=message):
        gates.Gate.read(path)


def test_a_report_that_cannot_be_written_does_not_look_like_a_bound_that_fails(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    done = command(g, tmp_path, {**GATE, "samples": 20, "attacks": ["fgsm"], "bounds": {"cleanAccuracy": 0.1}}, "--junit", "/nowhere/gate.xml")
    assert done.returncode == 2 and "/nowhere/gate.xml" in done.stderr


def test_each_fall_is_of_the_evaluations_of_the_gate(g: gauntlet.Gauntlet) -> None:
    fall = {**GATE, "models": ["mnist-baseline"], "baseline": "mnist-adversarial", "epsilons": [0.1], "samples": 100, "judging": "FLOAT", "bounds": {"fall": {}}}

    def lost(attacks: list[Any]) -> list[str]:
        return [check.message.partition("images lost ")[2].partition(",")[0] for check in gates.run(g, gates.Gate.model_validate({**fall, "attacks": attacks})).checks]

    both, weak = lost([{"pgd": {"steps": 1}}, {"PGD": {"steps": 12}}]), lost([{"pgd": {"steps": 1}}])
    assert both[0] == weak[0] and int(both[1]) > int(both[0])


def test_a_file_with_other_settings_is_another_model_in_both_command_lines(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    g.models.get("mnist-baseline").download(tmp_path / "net.onnx")
    settings = {"mean": [0.1], "std": [0.5], "inputShape": [28, 28, 1], "access": "SCORE"}
    content = {**GATE, "models": [{"file": str(tmp_path / "net.onnx"), "name": "mine", **settings}], "attacks": [{"squareLinf": {"queries": 5}}], "epsilons": [0.1], "samples": 20}
    content["bounds"] = {"robustAccuracy": {0.1: 0.0}}
    here = command(g, tmp_path, content)
    environment = {**os.environ, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    there = subprocess.run(["node", str(ROOT / "client" / "bin" / "gauntlet.js"), "gate", str(tmp_path / "gate.yaml")], capture_output=True, text=True, env=environment)
    assert (here.returncode, here.stdout) == (0, there.stdout) and here.stdout.startswith("ok   mine-"), here.stderr + there.stderr
    plain = command(g, tmp_path, {**content, "models": [{"file": str(tmp_path / "net.onnx"), "name": "mine", "access": "SCORE"}]})
    assert plain.returncode == 0 and plain.stdout.split(":")[0] != here.stdout.split(":")[0]


def test_versions_of_a_model_are_told_apart(g: gauntlet.Gauntlet) -> None:
    models = ROOT / "assets" / "models"
    g.models.submit(models / "mnist-baseline", "twice")
    second = g.models.submit(models / "mnist-adversarial", version_of="twice")
    assert (second.title, g.models.get("twice@1").version, g.models.get("twice@1").title) == ("twice@2", 1, "twice")
    content = {**GATE, "models": ["twice@1", "twice@2"], "samples": 20, "attacks": ["fgsm"], "epsilons": [0.05, 0.3], "baseline": None, "bounds": {"robustAccuracy": 0}}
    report = gates.run(g, gates.Gate.model_validate(content))
    assert [check.model for check in report.checks] == ["twice", "twice", "twice@2", "twice@2"]
    assert report.markdown().count("xychart-beta") == 2
    results = g.results(4)
    assert {key.split("/")[1] for key in _mlflow.metrics_of(results.data)} == {"twice", "twice_2"}


def test_a_file_of_a_model_is_submitted_once(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    g.models.get("mnist-baseline").download(tmp_path / "net.onnx")
    content = {**GATE, "models": [{"file": str(tmp_path / "net.onnx"), "inputShape": [28, 28, 1], "classes": 10}], "samples": 40, "bounds": {"robustAccuracy": 0.1}}
    first, second = command(g, tmp_path, content), command(g, tmp_path, content)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout == second.stdout and "net-" in first.stdout
    assert len([model for model in g.models.list() if model.name.startswith("net-")]) == 1


def test_a_gate_without_a_file_says_so() -> None:
    with pytest.raises(ValidationError, match="There is no file"):
        gates.Gate.read("nowhere.yaml")


def test_the_plugin_gives_tests_a_server_and_a_gate(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump({**GATE, "samples": 40, "bounds": {"worstCase": 1.0}}))
    (tmp_path / "test_mine.py").write_text(
        "def test_robust(gauntlet):\n"
        "    assert gauntlet.evaluate('mnist-adversarial', 'mnist-test', 'fgsm', eps='8/255', n=40, progress=False)[0].robust_accuracy > 0.5\n"
        "def test_gate(gauntlet_gate):\n    gauntlet_gate('gate.yaml')\n"
    )
    environment = {**os.environ, "GAUNTLET_TOKEN": g.settings.token or ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "gauntlet.pytest_plugin", "--gauntlet-url", g.url]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert "1 failed, 1 passed" in done.stdout and "worst case of all attacks" in done.stdout, done.stdout + done.stderr
