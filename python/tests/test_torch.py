"""Modules of PyTorch: submitted, compared with what was exported, trained, and back again."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import gauntlet
from gauntlet import errors

torch = pytest.importorskip("torch")
nn = torch.nn
HALF = ((0.5,), (0.5,))


def test_a_module_is_evaluated_with_the_accuracy_that_it_has_here(g: gauntlet.Gauntlet, trained: Any, test_digits: Any) -> None:
    images, labels = test_digits
    trained.train()
    net = g.models.submit(trained, name="checked digits", like=images[:4], normalize=HALF, check=(images, labels))
    assert trained.training and net.data.access.value == "GRADIENT" and net.spec is not None and net.spec.mean == [0.5]

    trained.eval()
    with torch.no_grad():
        x = torch.from_numpy(images[:, None].astype(np.float32)) / 255
        here = (trained((x - 0.5) / 0.5).argmax(1).numpy() == labels).mean()
    assert here > 0.9
    results = g.evaluate(net, "mnist-test", "fgsm", eps="16/255", n=400)
    assert results[0].clean_accuracy == pytest.approx(here, abs=1e-9)
    assert "CLEAN_ACCURACY_BELOW_EXPECTED" not in {finding.code for finding in results.findings}

    # FGSM as PyTorch computes it, on the same images and rounded as they are stored.
    x.requires_grad_(True)
    nn.functional.cross_entropy(trained((x - 0.5) / 0.5), torch.from_numpy(labels), reduction="sum").backward()
    attacked = torch.round((x + 16 / 255 * x.grad.sign()).clamp(0, 1) * 255) / 255
    with torch.no_grad():
        robust = (trained((attacked - 0.5) / 0.5).argmax(1).numpy() == labels).mean()
    assert results[0].robust_accuracy == pytest.approx(robust, abs=1 / 400)


def test_what_differs_when_it_is_exported_is_refused_with_the_name_of_the_layer(g: gauntlet.Gauntlet) -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            return x * 1.1 if torch.compiler.is_exporting() else x

    module = nn.Sequential()
    module.add_module("first", nn.Conv2d(1, 4, 3))
    module.add_module("odd", Odd())
    module.add_module("head", nn.Sequential(nn.Flatten(), nn.Linear(4 * 26 * 26, 10)))
    before = [model.name for model in g.models.list()]
    with pytest.raises(errors.ExportError, match="'odd'") as caught:
        g.models.submit(module, name="odd", like=np.random.default_rng(0).random((3, 28, 28), dtype=np.float32))
    assert caught.value.layer == "odd"
    assert [model.name for model in g.models.list()] == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "like"),
        ({"like": np.zeros((2, 28, 28), np.float32) - 1}, "pixels from 0 to 1"),
        ({"like": np.zeros((2, 28, 28, 1), np.float32), "normalize": ((0.1, 0.2), (1, 1))}, "2 means"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_sent(g: gauntlet.Gauntlet, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        g.models.submit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), name="wrong", **arguments)


def test_a_module_whose_scores_have_another_shape_is_refused(g: gauntlet.Gauntlet) -> None:
    with pytest.raises(errors.ValidationError, match=r"\[n, classes\]"):
        g.models.submit(nn.Conv2d(1, 1, 3), name="picture", like=np.zeros((2, 28, 28), np.uint8))


def test_trained_weights_come_back_into_the_module(g: gauntlet.Gauntlet, trained: Any, test_digits: Any) -> None:
    images, labels = test_digits
    net = g.models.submit(trained, name="to-train", like=images[:4], normalize=HALF)
    scheme = gauntlet.training.algorithm1(epsilon_max="16/255", k=8)
    run = g.train(net, "mnist-train", scheme, name="trained", steps=30, batch_size=16, optimizer=gauntlet.training.optimizer_adam())
    assert run.data.scheme == "algorithm1" and len(run.to_pandas()) == len(run.data.series)

    module = run.model.to_torch(copy.deepcopy(trained))
    module.eval()
    with torch.no_grad():
        x = torch.from_numpy(images[:, None].astype(np.float32)) / 255
        here = (module((x - 0.5) / 0.5).argmax(1).numpy() == labels).mean()
    results = g.evaluate(run.model, "mnist-test", "fgsm", eps="16/255", n=400)
    assert results[0].clean_accuracy == pytest.approx(here, abs=1e-9)
    assert not torch.equal(module[0].weight, trained[0].weight)

    wrong = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    weights = wrong[1].weight.clone()
    with pytest.raises(errors.ExportError, match="no weight for '1.weight'"):
        run.model.to_torch(wrong)
    assert torch.equal(wrong[1].weight, weights)


def test_a_file_is_submitted_as_it_is(g: gauntlet.Gauntlet, tmp_path: Any, trained: Any, test_digits: Any) -> None:
    net = g.models.submit(trained, name="first", like=test_digits[0][:2], normalize=HALF)
    path = net.download(tmp_path / "net.onnx", batch=4)
    again = g.models.submit(path, name="second", input_shape=(28, 28, 1), classes=10)
    first, second = (g.evaluate(each, "mnist-test", "fgsm", eps=0.1, n=50)[0].robust_accuracy for each in (net, again))
    assert first == second
    again.delete()
    with pytest.raises(errors.NotFoundError):
        g.models.get("second")
    with pytest.raises(ValueError, match="expected_clean_accuracy"):
        g.models.submit(path, name="third", check=test_digits)
