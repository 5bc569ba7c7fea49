"""The package as it is published: types, a wheel and a source archive that are installed elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

import gauntlet

HERE = Path(__file__).parents[1]


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def test_types_are_right_to_mypy_and_pyright() -> None:
    run(sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", cwd=HERE)
    run("npx", "pyright", "--project", HERE, "--pythonpath", sys.executable, cwd=ROOT)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source archive, and the wheel that is made of it outside of the clone."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, HERE, cwd=folder)
    return folder


def test_the_archives_hold_what_is_generated_and_nothing_of_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    (source,) = built.glob("*.tar.gz")
    inside = zipfile.ZipFile(wheel).namelist()
    for name in ("py.typed", "attacks.py", "training.py", "_api/fragments.py", "_sync/client.py", "_async/operations.py"):
        assert f"gauntlet/{name}" in inside
    assert not any("/test_" in name or "codegen" in name for name in inside)
    assert any(name.endswith("codegen/inputs/schema.graphql") for name in tarfile.open(source).getnames())


def test_an_installed_wheel_evaluates_from_an_empty_folder(g: gauntlet.Gauntlet, built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel)
    # What it depends on is that of the tests.
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(packages) / "below.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    script = "import gauntlet; g = gauntlet.connect(); print(gauntlet.__version__, g.evaluate('mnist-baseline', 'mnist-test', 'fgsm', eps='8/255', n=16)[0].robust_accuracy)"
    environment = {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, "GAUNTLET_URL": g.url, "GAUNTLET_TOKEN": g.settings.token or ""}
    (tmp_path / "empty").mkdir()
    version, accuracy = run(python, "-c", script, cwd=tmp_path / "empty", env=environment).split()
    assert version in wheel.name and 0 < float(accuracy) <= 1
