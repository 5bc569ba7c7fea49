"""Functions and modules of this program as models, against a real server."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import numpy as np
import pytest

import gauntlet
from gauntlet import errors

DATA = "mnist-test"
SQUARE = gauntlet.attacks.square_linf(epsilon=0.2, queries=30)


class Nearest:
    """Classifies by the nearest mean image: no framework, no gradients."""

    def __init__(self, images: Any, labels: Any) -> None:
        flat = images.reshape(len(images), -1) / 255
        self.means = np.stack([flat[labels == digit].mean(axis=0) for digit in range(10)])
        self.calls: list[int] = []

    def __call__(self, x: Any) -> Any:
        assert x.dtype == np.float32 and x.shape[1:] == (28, 28, 1) and 0 <= x.min() and x.max() <= 1
        self.calls.append(len(x))
        return -((x.reshape(len(x), 1, -1) - self.means) ** 2).sum(axis=2)


@pytest.fixture(scope="module")
def nearest() -> Nearest:
    from conftest import digits

    return Nearest(*digits("train", 2000))


def test_a_function_is_evaluated_where_it_is(g: gauntlet.Gauntlet, nearest: Nearest, test_digits: tuple[Any, Any]) -> None:
    images, labels = test_digits
    nearest.calls.clear()
    result = g.evaluate(nearest, DATA, SQUARE, n=20, access="score", batch_size=8)[0]
    right = nearest(images[:20, ..., None].astype(np.float32) / 255).argmax(axis=1) == labels[:20]
    assert result.clean_accuracy == right.mean()
    assert result.robust_accuracy < result.clean_accuracy
    assert max(nearest.calls[:-1]) == 8
    model = g.models.get(result.data.model.name)
    assert model.data.access.value == "SCORE" and model.data.output.value == "LOGITS"
    with pytest.raises(errors.JobFailedError, match="not connected") as caught:
        g.evaluate(model, DATA, SQUARE, n=21)
    assert caught.value.code == "FUNCTION_NOT_CONNECTED"


def test_with_decisions_attacks_see_labels_alone(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    attack = gauntlet.attacks.boundary(queries=20)
    before = {model.id for model in g.models.list()}
    with pytest.raises(errors.ValidationError, match="needs scores"):
        g.evaluate(nearest, DATA, SQUARE, n=4, access="decision")
    assert {model.id for model in g.models.list()} == before
    of_scores = g.evaluate(nearest, DATA, attack, n=6, access="decision")
    of_labels = g.evaluate(lambda x: nearest(x).argmax(axis=1), DATA, attack, n=6, access="decision")
    distortions = [[row.distortion.l2 for row in each.examples()] for each in (of_scores, of_labels)]
    assert distortions[0] == distortions[1] and max(distortions[0]) > 0


def test_images_transfer_onto_a_function_while_it_is_connected(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    with g.models.connect(nearest, "nearest mean", input_shape=(28, 28, 1)) as model:
        (cell,) = g.transfer("mnist-baseline", model, DATA, "fgsm", eps=0.3, n=20).data.cells
        assert cell.both_right > 10 and cell.n > 0


def test_a_module_gives_the_numbers_of_its_file(g: gauntlet.Gauntlet, trained: Any, test_digits: tuple[Any, Any]) -> None:
    normalize = ((0.5,), (0.5,))
    file = g.models.submit(trained, name="as-file", like=test_digits[0][:4], normalize=normalize, access="SCORE")
    found, expected = (
        g.evaluate(file, DATA, SQUARE, n=16)[0],
        g.evaluate(trained, DATA, SQUARE, n=16, access="score", normalize=normalize)[0],
    )
    assert (found.clean_accuracy, found.robust_accuracy) == (expected.clean_accuracy, expected.robust_accuracy)
    assert not trained.training or trained[1].training


def test_what_the_function_raises_is_the_cause_of_the_error(g: gauntlet.Gauntlet) -> None:
    calls = []

    def fails_later(x: Any) -> Any:
        calls.append(len(x))
        if len(calls) > 3:
            raise RuntimeError("out of memory")
        return np.tile(np.arange(10.0), (len(x), 1))

    with pytest.raises(errors.JobFailedError, match="RuntimeError: out of memory") as caught:
        g.evaluate(fails_later, DATA, SQUARE, n=8, access="score")
    assert caught.value.code == "FUNCTION_FAILED" and isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        # As many numbers, in another order.
        (lambda scores: scores.T, r"shape \(10, \d+\) for \d+ images"),
        (lambda scores: scores[:, :9], r"shape \(\d+, 9\)"),
        (lambda scores: None, "NoneType"),
        (lambda scores: sys.exit(3), "SystemExit: 3"),
    ],
)
def test_what_the_function_returns_is_looked_at_each_time(g: gauntlet.Gauntlet, nearest: Nearest, answer: Any, message: str) -> None:
    calls = []

    def later(x: Any) -> Any:
        calls.append(len(x))
        return nearest(x) if len(calls) < 4 else answer(nearest(x))

    with pytest.raises(errors.JobFailedError, match=message) as caught:
        g.evaluate(later, DATA, SQUARE, n=8, access="score")
    assert caught.value.code == "FUNCTION_FAILED"


def test_a_function_that_is_too_slow_fails_its_job_at_once(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    calls = []

    def slow(x: Any) -> Any:
        calls.append(len(x))
        time.sleep(1.5 if len(calls) > 4 else 0)
        return nearest(x)

    with pytest.raises(errors.JobFailedError, match="did not answer a call within 0.5 s"):
        g.evaluate(slow, DATA, SQUARE, n=8, access="score", timeout=0.5)
    assert len(calls) < 9


def test_a_function_can_be_the_next_version_of_one(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    g.models.connect(nearest, "improved", input_shape=(28, 28, 1)).close()
    with pytest.raises(errors.NameTakenError):
        g.models.connect(nearest, "improved", input_shape=(28, 28, 1))
    with g.models.connect(nearest, input_shape=(28, 28, 1), version_of="improved") as second:
        assert (second.name, second.data.version) == ("improved", 2)


def test_what_is_no_classifier_is_refused_before_anything_is_sent(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    with pytest.raises(errors.ValidationError, match=r"shape \(2, 5, 5\)"):
        g.evaluate(lambda x: np.zeros((2, 5, 5)), DATA, SQUARE, n=4, access="score")
    with pytest.raises(errors.ValidationError, match="access='decision'"):
        g.evaluate(lambda x: np.zeros(len(x)), DATA, SQUARE, n=4, access="score")
    with pytest.raises(errors.ValidationError, match=r"shape \(2, 1\)"):
        g.evaluate(lambda x: nearest(x)[:, :1], DATA, SQUARE, n=4, access="score")
    with pytest.raises(errors.ValidationError, match="complex"):
        g.evaluate(lambda x: nearest(x) * 1j, DATA, SQUARE, n=4, access="score")
    with pytest.raises(errors.ValidationError, match="not 'scores'"):
        g.evaluate(nearest, DATA, SQUARE, n=4, access="scores")  # type: ignore[arg-type]
    with pytest.raises(errors.ValidationError, match="height, width and channels"):
        g.models.connect(nearest, input_shape=(28, 28))
    with pytest.raises(errors.ValidationError, match="give access="):
        g.evaluate(nearest, DATA, SQUARE, n=4)
    with pytest.raises(TypeError, match="not for a model of the server"):
        g.evaluate("mnist-baseline", DATA, SQUARE, n=4, access="score")


def test_the_asynchronous_client_connects_several_at_once(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    async def both() -> list[Any]:
        async with gauntlet.connect_async(g.url, g.settings.token) as client:
            one, two = (client.evaluate(nearest, DATA, SQUARE, n=12, seed=seed, access="score", progress=False) for seed in (1, 2))
            return await asyncio.gather(one, two)

    first, second = asyncio.run(both())
    assert first[0].clean_accuracy == second[0].clean_accuracy


def test_a_connection_that_breaks_is_opened_again_and_changes_no_number(g: gauntlet.Gauntlet, nearest: Nearest) -> None:
    undisturbed = g.evaluate(nearest, DATA, SQUARE, n=16, access="score")[0]
    count = 0
    with g.models.connect(nearest, input_shape=(28, 28, 1)) as model:

        def breaking(x: Any) -> Any:
            nonlocal count
            count += 1
            if count % 4 == 0:
                model._connected._socket.socket.close()
            return nearest(x)

        model._connected._model._function = breaking
        found = g.evaluate(model, DATA, SQUARE, n=16)[0]
    assert count > 8
    assert [row.distortion.l2 for row in found.examples()] == [row.distortion.l2 for row in undisturbed.examples()]
    assert found.robust_accuracy == undisturbed.robust_accuracy
