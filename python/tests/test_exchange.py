"""Images, attacks and results to and from other tools."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

import numpy as np
import pytest

import gauntlet
from gauntlet import _peers, attacks, errors

DATA = "mnist-test"
EPSILON = 0.1
COUNT = 24


@pytest.fixture(scope="module")
def submitted(g: gauntlet.Gauntlet, trained: Any, test_digits: tuple[Any, Any]) -> gauntlet.Model:
    return g.models.submit(trained, name="for-exchange", like=test_digits[0][:4], normalize=((0.5,), (0.5,)))


@pytest.fixture(scope="module")
def pixels(trained: Any, test_digits: tuple[Any, Any]) -> tuple[Any, Any, Any]:
    """A module of pixels in [0, 1], and images and labels as tensors."""
    torch = pytest.importorskip("torch")

    class OfPixels(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return trained((x - 0.5) / 0.5)

    images, labels = test_digits
    trained.eval()
    return OfPixels().eval(), torch.from_numpy(images[:COUNT].astype(np.float32))[:, None] / 255, torch.from_numpy(labels[:COUNT])


def test_images_of_another_tool_are_evaluated_like_our_own(g: gauntlet.Gauntlet, submitted: gauntlet.Model, pixels: tuple[Any, Any, Any]) -> None:
    torch = pytest.importorskip("torch")
    module, x, y = pixels
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(torch.nn.functional.cross_entropy(module(x), y), x)
    adversarial = (x + EPSILON * gradient.sign()).clamp(0, 1).detach()
    here = (module(adversarial).argmax(1) == y).float().mean().item()
    imported = g.import_images(submitted, DATA, adversarial, EPSILON, judging="FLOAT")[0]
    own = g.evaluate(submitted, DATA, "fgsm", eps=EPSILON, n=COUNT, judging="FLOAT")[0]
    assert imported.robust_accuracy == pytest.approx(here) == own.robust_accuracy
    assert "OVER_BUDGET" not in {finding.code for finding in imported.findings}
    with pytest.raises(errors.GauntletError):
        g.import_images(submitted, DATA, adversarial[:, :, :20])


#: Attacks without random numbers, so that each image can be compared.
SAME = {
    "fgsm": attacks.fgsm(epsilon=EPSILON),
    "fgsm of text": attacks.fgsm(epsilon="25/255"),
    "fast gradient": attacks.fast_gradient_l2(epsilon=1.5),
    "basic iterative": attacks.iter_basic(epsilon=EPSILON, alpha=0.02, steps=8),
    "pgd": attacks.pgd(epsilon=EPSILON, steps=8, random_start=False),
    "pgd l2": attacks.pgd_l2(epsilon=1.5, steps=8, random_start=False),
    "momentum": attacks.mi_fgsm(epsilon=EPSILON, steps=6),
    "Nesterov": attacks.ni_fgsm(epsilon=EPSILON, steps=6, alpha=0.03, decay=0.5),
    "scale-invariant": attacks.si_ni_fgsm(epsilon=EPSILON, steps=4, copies=3),
    "step towards the least likely": attacks.step_ll(epsilon=EPSILON),
    "steps towards the least likely": attacks.iter_ll(epsilon=EPSILON, alpha=0.02, steps=6),
    "pgd towards the least likely": attacks.pgd(epsilon=EPSILON, steps=6, random_start=False, target="LEAST_LIKELY"),
    "decoupled direction and norm": attacks.ddn(steps=30, gamma=0.1, initial_epsilon=0.5),
}
PAIRS = [(name, tool) for name in SAME for tool in ("torchattacks", "foolbox", "art")]


@pytest.mark.parametrize(("name", "tool"), PAIRS)
def test_an_attack_of_another_tool_makes_the_images_that_ours_makes(
    g: gauntlet.Gauntlet, submitted: gauntlet.Model, pixels: tuple[Any, Any, Any], name: str, tool: str
) -> None:
    pytest.importorskip(tool)
    module, x, y = pixels
    try:
        if tool == "torchattacks":
            found = SAME[name].as_torchattacks(module)(x, y)
        elif tool == "foolbox":
            import foolbox

            found = SAME[name].as_foolbox()(foolbox.PyTorchModel(module, bounds=(0, 1)), x, y)
        else:
            import torch
            from art.estimators.classification import PyTorchClassifier

            classifier = PyTorchClassifier(module, torch.nn.CrossEntropyLoss(), (1, 28, 28), 10, clip_values=(0, 1), device_type="cpu")
            found = torch.from_numpy(SAME[name].as_art(classifier).generate(x.numpy(), y.numpy()))
    except errors.NoEquivalentError as refusal:
        assert "has no attack that is known" in str(refusal) or "a target is chosen" in str(refusal)
        pytest.skip("refused")
    # The server attacks a point that is not yet fooled further; what its numbers say of each image is compared.
    with_float = g.evaluate(submitted, DATA, SAME[name], n=COUNT, judging="FLOAT")[0]
    theirs = module(found.detach()).argmax(1).numpy()
    rows = list(with_float.examples())
    was_right = module(x).argmax(1).numpy() == y.numpy()
    assert (theirs == [row.adversarial.label for row in rows])[was_right].mean() >= 1 - 1 / COUNT
    lengths = (found.detach() - x).flatten(1).norm(dim=1).numpy()[was_right]
    ours = np.array([row.distortion.l2 for row in rows])[was_right]
    assert (np.abs(lengths - ours) < 1e-3 * lengths).mean() >= 1 - 1 / COUNT
    assert lengths.min() > 0.1


def test_what_another_tool_does_otherwise_is_said() -> None:
    cases = {
        "has no attack that is known": lambda: attacks.cw_l2().as_foolbox(),
        "random starts are not uniform": lambda: attacks.pgd_l2(epsilon=1.0).as_torchattacks(None),
        "ends at the last of its iterates": lambda: attacks.pgd(epsilon=0.1, best_iterate=True).as_foolbox(),
        "a target is chosen in another way": lambda: attacks.fgsm(epsilon=0.1, target="RANDOM").as_art(None),
        "pgd with loss='DLR': its loss is the cross-entropy": lambda: attacks.pgd(epsilon=0.1, loss="DLR").as_torchattacks(None),
        "miFgsm with loss='MARGIN': its loss is the cross-entropy": lambda: attacks.mi_fgsm(epsilon=0.1, loss="MARGIN").as_torchattacks(None),
        "pgd with target='RANDOM': a target": lambda: attacks.pgd(epsilon=0.1, target="RANDOM").as_torchattacks(None),
        "Its L2CarliniWagnerAttack differs": lambda: attacks.cw_l2().as_foolbox(),
        "cuts a change that is longer than the budget off": lambda: attacks.ddn(epsilon=1.0).as_foolbox(),
        "has no budget": lambda: attacks.fgsm().as_foolbox(),
    }
    for message, make in cases.items():
        with pytest.raises(errors.NoEquivalentError, match=message):
            make()


#: What an attack needs that has no default.
NEEDED: dict[str, Any] = {"attack": attacks.fgsm(epsilon=EPSILON), "attacks": [attacks.fgsm(epsilon=EPSILON)], "epsilon": EPSILON, "random_start": False}
REFUSED = r"has no attack that is known to compute what \w+ does\.( Its \w+ differs: .+\.)? Those that are: |differs from \w+ with"


@pytest.mark.parametrize("tool", ["torchattacks", "foolbox", "art"])
def test_every_attack_is_one_of_the_other_tool_or_refused(tool: str, pixels: tuple[Any, Any, Any]) -> None:
    pytest.importorskip(tool)
    if tool == "art":
        import torch
        from art.estimators.classification import PyTorchClassifier

        model = PyTorchClassifier(pixels[0], torch.nn.CrossEntropyLoss(), (1, 28, 28), 10, clip_values=(0, 1), device_type="cpu")
    else:
        model = pixels[0]
    made = set()
    for name, make in attacks.ATTACKS.items():
        takes = inspect.signature(make).parameters
        # Of a minimum-norm attack a budget is the user's own.
        given = {key: value for key, value in NEEDED.items() if key in takes and (key != "epsilon" or name not in _peers.SHORTEST)}
        for key, parameter in takes.items():
            if parameter.default is inspect.Parameter.empty and key not in given:
                given[key] = "MEAN" if key == "kind" else []
        attack = make(**given)
        try:
            assert attack._as(tool, model) is not None
            made.add(attack.name)
        except errors.NoEquivalentError as refusal:
            assert re.search(REFUSED, str(refusal)), name
    assert made == {name for name, tools in _peers.PEERS.items() if tool in tools}


@pytest.mark.parametrize(("tool", "module"), [("torchattacks", "torchattacks"), ("foolbox", "foolbox.attacks"), ("art", "art.attacks.evasion")])
def test_what_the_other_tool_has_is_called_as_it_is_there(tool: str, module: str) -> None:
    found = pytest.importorskip(module)
    # ART has this one where numba is installed.
    names = {name for name, _ in _peers.OTHERS[tool].values()} - {"BrendelBethgeAttack"}
    assert [name for name in names if not hasattr(found, name)] == []
    known = {name.replace("_", "") for name in attacks.ATTACKS}
    assert [name for name in _peers.OTHERS[tool] if name.lower() not in known] == []
    assert [name for name, tools in _peers.PEERS.items() if tool in tools and name in _peers.OTHERS[tool]] == []


def test_an_entry_for_robustbench_needs_an_evaluation_by_autoattack(g: gauntlet.Gauntlet) -> None:
    with pytest.raises(errors.GauntletError, match="AUTO_ATTACK_LINF"):
        g.models.get("mnist-baseline").robustbench(DATA, "40/255")
    # Few images: those that are right fall to the first stage.
    g.evaluate("mnist-baseline", DATA, "auto_attack_linf", eps="76/255", n=2)
    entry = g.models.get("mnist-baseline").robustbench(DATA, "76/255")
    assert entry["threat_model"] == "Linf" and entry["eps"] == "76/255" and float(entry["autoattack_acc"]) <= float(entry["clean_acc"])


def test_a_model_is_entered_into_a_benchmark(g: gauntlet.Gauntlet) -> None:
    dataset = g.datasets.get(DATA)
    made = g.query(
        "mutation ($input: CreateBenchmarkInput!) { createBenchmark(input: $input) { __typename ... on UserError { message } } }",
        input={"name": "python", "title": "Python", "rules": "None.", "datasetId": dataset.id, "norm": "LINF", "epsilon": 0.1, "attacks": [{"fgsm": {"epsilon": 0.1}}], "sampleCount": 20},
    )
    assert made["createBenchmark"]["__typename"] == "CreateBenchmarkSuccess"
    benchmark = g.benchmark("python")
    onnx = g.models.get("mnist-baseline").onnx()
    rank = benchmark.enter(onnx, "entered", value_range=(0.0, 1.0))
    assert rank.robust.n == 20 and [attack.kind for attack in rank.entry.attacks or []] == ["FGSM"]
    again = g.benchmark("python")
    assert [row.entry.model_name for row in again.data.ranking] == ["entered"] and "entered" in again._repr_html_()
    assert list(again.to_pandas()["robust"]) == [rank.robust.value]
    with pytest.raises(errors.NotFoundError):
        g.benchmark("none")


@pytest.mark.parametrize(
    ("method", "module", "package"),
    [("as_torchattacks", "torchattacks", "torchattacks"), ("as_art", "art.attacks.evasion", "adversarial-robustness-toolbox")],
)
def test_a_tool_that_is_not_there_is_named_by_what_installs_it(method: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]
    with pytest.raises(errors.MissingExtraError, match=f"pip install {package}\\.$"):
        getattr(attacks.pgd(epsilon="8/255", steps=10), method)(object())
