"""Benchmarks against a real server."""

from __future__ import annotations

import pytest

import gauntlet
from gauntlet import errors

from conftest import ROOT

CREATE = "mutation ($input: CreateBenchmarkInput!) { createBenchmark(input: $input) { __typename } }"
TOKEN = "mutation ($input: CreateTokenInput!) { createToken(input: $input) { ... on CreateTokenSuccess { secret } } }"


def test_a_file_is_entered_as_a_listed_model_and_a_version_of_it_after_it(g: gauntlet.Gauntlet) -> None:
    protocol = {"name": "small/0.1", "title": "Small", "rules": "None.", "norm": "LINF", "epsilon": 0.1, "sampleCount": 20}
    dataset_id = g.datasets.get("mnist-test").id
    g.query(CREATE, input={**protocol, "datasetId": dataset_id, "attacks": [{"fgsm": {"epsilon": 0.1}}]})
    benchmark = g.benchmark("small/0.1")
    rank = benchmark.enter(str(ROOT / "assets" / "models" / "mnist-baseline"), "listed net")
    assert (rank.rank, rank.entry.model_name, rank.clean.n) == (1, "listed net", 20)
    assert rank.entry.badge_url.endswith(".svg")
    shown = repr(rank)
    assert shown.splitlines()[0] == "Small" and shown.splitlines()[-1] == benchmark.url == rank.url
    assert "listed net" in shown and f"{100 * rank.robust.value:.1f} %" in shown and "WARNING TOO_FEW_EXAMPLES: With 20 examples" in shown
    assert "listed net" in rank._repr_html_()
    model = g.models.get("listed net")
    assert (model.data.visibility.value, [one.rank for one in benchmark.ranking]) == ("LISTED", [1])
    second = benchmark.enter(str(ROOT / "assets" / "models" / "mnist-adversarial"), version_of=model)
    assert (second.entry.model_name, second.entry.model_version) == ("listed net", 2)
    assert "listed net@2" in repr(benchmark)
    secret = g.query(TOKEN, input={"name": "onlooker", "role": "VIEWER"})["createToken"]["secret"]
    with gauntlet.connect(g.url, secret) as onlooker:
        assert onlooker.benchmark("small/0.1").ranking[0].entry.model_name == "listed net"
        with pytest.raises(errors.ForbiddenError, match="its files are its owner's"):
            onlooker.models.get("listed net").onnx()
    with pytest.raises(errors.NotFoundError, match="There is no benchmark 'none'"):
        g.benchmark("none")
