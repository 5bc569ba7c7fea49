"""Evaluations, transfers and comparisons against a real server."""

from __future__ import annotations

import asyncio
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

import gauntlet
from gauntlet import _interrupt, errors
from gauntlet._sync import jobs as sync_jobs

DATA = "mnist-test"
MODEL = "mnist-baseline"


def test_each_attack_is_evaluated_with_each_budget_that_it_does_not_have_itself(g: gauntlet.Gauntlet) -> None:
    attacks = ["fgsm", gauntlet.attacks.pgd(epsilon="16/255", steps=3), "iterBasic"]
    results = g.evaluate(MODEL, DATA, attacks, eps=["8/255", 0.1], n=32)
    found = [(row.attack.kind.value, row.attack.epsilon_text) for row in results.data]
    assert found == [("FGSM", "8/255"), ("FGSM", "0.1"), ("PGD", "16/255"), ("ITER_BASIC", "8/255"), ("ITER_BASIC", "0.1")]
    assert all(evaluation.clean_accuracy is not None and 0.9 < evaluation.clean_accuracy <= 1 for evaluation in results)
    assert results[0].robust_accuracy >= results[1].robust_accuracy
    # The same numbers as of the API.
    raw = g.query("query($id: ID!) { evaluation(id: $id) { adversarial { top1 { value lower } } } }", id=results[1].id)
    assert raw["evaluation"]["adversarial"]["top1"]["value"] == results[1].robust_accuracy
    assert results[1].url == f"{g.url}/evaluations/{results[1].id}"


def test_results_are_tables_plots_and_pictures(g: gauntlet.Gauntlet) -> None:
    results = g.evaluate(MODEL, DATA, "fgsm", eps=["8/255", "76/255"], n=40, keep_images=True)
    table = pytest.importorskip("pandas") and results.to_pandas()
    assert list(table["robust"]) == [evaluation.robust_accuracy for evaluation in results]
    assert (table["robust_lower"] <= table["robust"]).all() and (table["robust"] <= table["robust_upper"]).all()
    assert "TOO_FEW_EXAMPLES" in {finding.code for finding in results.findings}
    assert "FGSM ε=76/255" in repr(results) and "TOO_FEW_EXAMPLES" in results._repr_html_()

    fooled = results.examples(success=True)
    assert len(fooled) == round(40 * (results[1].clean_accuracy - results[1].robust_accuracy))
    assert all(row.success and row.adversarial.label != row.label for row in fooled)
    assert fooled.show(3)._repr_html_().count("data:image/png;base64,") == 6
    assert len(fooled.to_pandas()) == len(fooled)

    pytest.importorskip("matplotlib").use("Agg")
    (line,) = results.plot().containers
    assert list(line.lines[0].get_ydata()) == [results[0].clean_accuracy, *(evaluation.robust_accuracy for evaluation in results)]


def test_a_name_that_is_wrong_is_answered_with_those_that_are_near(g: gauntlet.Gauntlet) -> None:
    with pytest.raises(errors.NotFoundError, match="Did you mean 'mnist-test'"):
        g.evaluate(MODEL, "mnist-tset", "fgsm")
    with pytest.raises(errors.NotFoundError, match="Did you mean 'mnist-baseline'"):
        g.evaluate("mnist-basline", DATA, "fgsm")
    with pytest.raises(ValueError, match="Did you mean fgsm"):
        g.evaluate(MODEL, DATA, "fgms", eps=0.1)
    with pytest.raises(ValueError, match="worst_of"):
        g.evaluate(MODEL, DATA, "worst_of", eps=0.1)


def test_errors_of_the_server_are_exceptions_with_their_path(g: gauntlet.Gauntlet) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        g.evaluate(MODEL, DATA, ["fgsm", gauntlet.attacks.pgd(steps=-1)], eps=0.1)
    assert caught.value.path == ("attacks", "1", "pgd", "steps")
    assert "whole number from 1" in str(caught.value) and caught.value.code == "VALIDATION"
    with pytest.raises(errors.RequestError):
        g.query("{ nothing }")
    with gauntlet.connect(g.url, "gauntlet_wrong") as stranger, pytest.raises(errors.AuthenticationError, match="GAUNTLET_TOKEN"):
        stranger.models.list()


def test_a_job_that_fails_is_an_exception(g: gauntlet.Gauntlet) -> None:
    with pytest.raises(errors.JobFailedError) as caught:
        g.models.submit(b"no model", name="no-model")
    assert caught.value.code not in ("", "JOB_FAILED") and "no-model: check" in str(caught.value)


@pytest.mark.parametrize(("answer", "state"), [("cancel", "CANCELLED"), ("leave", "RUNNING"), ("wait", "SUCCEEDED")])
def test_ctrl_c_asks_what_becomes_of_the_jobs(g: gauntlet.Gauntlet, monkeypatch: pytest.MonkeyPatch, answer: str, state: str) -> None:
    pressed: list[float] = []

    def sleep(seconds: float) -> None:
        if not pressed:
            pressed.append(seconds)
            raise KeyboardInterrupt
        time.sleep(seconds)

    monkeypatch.setattr(sync_jobs, "time", type("Clock", (), {"sleep": staticmethod(sleep)}))
    monkeypatch.setattr(_interrupt, "ask", lambda count: answer)
    # As long as the answer is no matter of speed; short where it is waited for.
    attack, n = (gauntlet.attacks.pgd(steps=2000), 500) if answer != "wait" else (gauntlet.attacks.pgd(steps=20), 100)
    started = g.start_evaluation(MODEL, DATA, attack, eps=0.1, n=n, seed=len(answer))
    if answer == "wait":
        assert g.wait(started)[0].robust_accuracy is not None
    else:
        with pytest.raises(KeyboardInterrupt):
            g.wait(started)
    (job,) = g.jobs.get([started.data[0].job.id])
    assert pressed and job.state.value in (state, "QUEUED" if state == "RUNNING" else state)
    g.jobs.cancel(job.id)


def test_jobs_that_nobody_waits_for_any_more_are_named(g: gauntlet.Gauntlet, caplog: pytest.LogCaptureFixture) -> None:
    made = g.query(
        "mutation ($input: CreateTokenInput!) { createToken(input: $input) { ... on CreateTokenSuccess { secret token { id } } } }",
        input={"name": "for a while", "role": "SUBMITTER"},
    )["createToken"]
    long = gauntlet.attacks.pgd(steps=3000)
    with gauntlet.connect(g.url, made["secret"]) as short:
        started = short.start_evaluation(MODEL, DATA, long, eps=0.1, n=500)
        g.query("mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { __typename } }", input={"tokenId": made["token"]["id"]})
        with pytest.raises(errors.AuthenticationError, match="revoked"):
            short.wait(started)
    (job,) = started.data
    assert f"left running: {job.job.id}" in caplog.text
    g.jobs.cancel(job.job.id)
    caplog.clear()

    async def given_up() -> str:
        async with gauntlet.connect_async(g.url, g.settings.token) as client:
            again = await client.start_evaluation(MODEL, DATA, long, eps=0.1, n=501)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.wait(again, progress=False), 1)
            await client.jobs.cancel(again.data[0].job.id)
            return str(again.data[0].job.id)

    assert f"left running: {asyncio.run(given_up())}" in caplog.text


def test_nobody_is_asked_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))
    assert _interrupt.ask(2) == "leave"


def test_transfer_leaderboard_comparison_and_curve(g: gauntlet.Gauntlet) -> None:
    models = [MODEL, "mnist-adversarial"]
    g.evaluate(models, DATA, "fgsm", eps=["25/255", 0.2], n=60)
    transfer = g.transfer([MODEL], models, DATA, "fgsm", eps="25/255", n=60)
    table = transfer.to_pandas()
    assert set(table["target"]) == set(models) and (table["rate"].dropna() <= 1).all()
    assert "fools mnist-adversarial" in repr(transfer)

    board = g.leaderboard(DATA, "25/255", n=60)
    assert [entry.model.name for entry in board.data.entries.nodes][0] == "mnist-adversarial"
    comparison = g.compare(*models, data=DATA, attack="fgsm", eps="25/255", n=60)
    pair = comparison.data.pairs[0]
    assert pair.both + pair.only_first + pair.only_second <= 60 and 0 <= comparison.p_value <= 1
    curve = g.curve(models, DATA, "fgsm", n=60)
    assert {point.epsilon for each in curve.data.curves for point in each.points} >= {0.2}
    worst = g.worst_case(MODEL, DATA, n=60)
    assert worst is not None and worst.robust_accuracy is not None and worst.robust_accuracy <= 1


def test_fifty_evaluations_are_under_way_at_once_in_an_asynchronous_client(g: gauntlet.Gauntlet) -> None:
    async def all_of_them() -> list[Any]:
        async with gauntlet.connect_async(g.url, g.settings.token) as client:
            runs = [client.evaluate(MODEL, DATA, "fgsm", eps=0.1, n=8, offset=8 * i, progress=False) for i in range(50)]
            return list(await asyncio.gather(*runs))

    results = asyncio.run(all_of_them())
    assert [each.data[0].offset for each in results] == [8 * i for i in range(50)]
    together = g.evaluate(MODEL, DATA, "fgsm", eps=0.1, n=400)
    right = sum(round(8 * each[0].robust_accuracy) for each in results)
    assert right == round(400 * together[0].robust_accuracy)


def test_results_are_logged_to_a_run_of_mlflow(g: gauntlet.Gauntlet, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics: dict[str, float] = {}
    texts: dict[str, str] = {}

    class Client:
        def log_metric(self, run: str, name: str, value: float) -> None:
            assert run in ("run-1", "own")
            metrics[name] = value

        def set_tag(self, run: str, name: str, value: str) -> None:
            texts[name] = value

        def log_text(self, run: str, text: str, name: str) -> None:
            texts[name] = text

    ended: list[str] = []
    own = SimpleNamespace(info=SimpleNamespace(run_id="own"))
    fake = SimpleNamespace(MlflowClient=Client, active_run=lambda: None, start_run=lambda: own, end_run=lambda state="FINISHED": ended.append(state))
    monkeypatch.setitem(sys.modules, "mlflow", fake)  # type: ignore[arg-type]
    results = g.evaluate(MODEL, DATA, "fgsm", eps=["8/255"], n=40)
    assert results.to_mlflow("run-1") == "run-1" and ended == []
    assert results.to_mlflow() == "own" and ended == ["FINISHED"]
    with pytest.raises(TypeError, match="no run of MLflow"):
        results.to_mlflow(5)
    started = g.start_evaluation(MODEL, DATA, gauntlet.attacks.pgd(steps=50), eps="9/255", n=200)
    with pytest.raises(errors.ValidationError, match="have no results"):
        started.to_mlflow()
    g.jobs.cancel(started.data[0].job.id)
    assert metrics[f"robust_accuracy/{MODEL}/{DATA}/FGSM/8_of_255"] == results[0].robust_accuracy
    assert metrics[f"clean_accuracy/{MODEL}/{DATA}"] == results[0].clean_accuracy
    assert texts["gauntlet.url"] == results.url and results[0].id in texts["gauntlet.json"]
