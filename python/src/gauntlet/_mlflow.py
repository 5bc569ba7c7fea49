"""Results in a run of MLflow."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ._api import fragments as parts
from ._extras import need
from ._tables import model_title
from .errors import ValidationError


def metrics_of(rows: Sequence[parts.EvaluationParts]) -> dict[str, float]:
    """Metrics by name: `robust_accuracy/mnist-test/PGD/0.1`, with ends of the 95 % interval."""
    found: dict[str, float] = {}
    taken: dict[str, int] = {}
    for row in rows:
        epsilon = "" if row.attack.epsilon_text is None else f"/{row.attack.epsilon_text.replace('/', '_of_')}"
        key = re.sub(r"[^\w\-. /]", "_", f"{model_title(row.model)}/{row.dataset.name}/{row.attack.kind.value}{epsilon}")
        # The same attack and budget with other parameters, or another seed.
        count = taken[key] = taken.get(key, 0) + 1
        key = key if count == 1 else f"{key}/{count}"
        if row.adversarial is not None and row.adversarial.top1.value is not None:
            top1 = row.adversarial.top1
            found |= {f"robust_accuracy/{key}": row.adversarial.top1.value, f"robust_accuracy_lower/{key}": top1.lower, f"robust_accuracy_upper/{key}": top1.upper}
        if row.clean is not None and row.clean.top1.value is not None:
            found[re.sub(r"[^\w\-. /]", "_", f"clean_accuracy/{model_title(row.model)}/{row.dataset.name}")] = row.clean.top1.value
    return found


def log_evaluations(rows: Sequence[parts.EvaluationParts], url: str, run: Any = None) -> str:
    """Logs to a run, or its id; to the active one, or a new one, where none is given.

    Returns:
        Id of the run. A new one is finished.

    Raises:
        ValidationError: An evaluation has no results yet.
    """
    unfinished = [row for row in rows if row.adversarial is None]
    if unfinished:
        job = unfinished[0].job
        raise ValidationError(
            f"{len(unfinished)} of {len(rows)} evaluations have no results: the job {job.id} is {job.state.value}. Wait for them: g.wait(results).to_mlflow()."
        )
    mlflow = need("mlflow", "mlflow")
    if run is not None and not isinstance(run, str) and not hasattr(run, "info"):
        raise TypeError(f"{run!r} is no run of MLflow: give one, or its id.")
    own = None
    if run is None:
        run = mlflow.active_run() or (own := mlflow.start_run())
    run_id = str(run if isinstance(run, str) else run.info.run_id)
    client = mlflow.MlflowClient()
    try:
        for name, value in metrics_of(rows).items():
            client.log_metric(run_id, name, value)
        client.set_tag(run_id, "gauntlet.url", url)
        client.set_tag(run_id, "gauntlet.findings", " ".join(sorted({finding.code for row in rows for finding in row.findings or []})))
        client.log_text(run_id, json.dumps([row.model_dump(mode="json", by_alias=True) for row in rows], indent=1), "gauntlet.json")
    except BaseException:
        if own is not None:
            mlflow.end_run("FAILED")
        raise
    if own is not None:
        mlflow.end_run()
    return run_id
