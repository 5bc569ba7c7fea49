"""Results as rows, text and tables of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ._api import fragments as parts
from ._api.compare_models import CompareModelsCompareModels
from ._api.leaderboard import LeaderboardLeaderboard
from ._extras import need


class Share(Protocol):
    """A share with its 95 % interval."""

    value: float | None
    lower: float
    upper: float
    n: int


def percent(share: Share | None) -> str:
    """`93.4 % [91.7, 94.8]`."""
    if share is None or share.value is None:
        return "–"
    return f"{100 * share.value:.1f} % [{100 * share.lower:.1f}, {100 * share.upper:.1f}]"


class Difference(Protocol):
    """A difference of shares with its 95 % interval."""

    value: float | None
    lower: float
    upper: float | None


def points(difference: Difference) -> str:
    """`+3.1 [1.0, 5.2]`, in percentage points."""
    if difference.value is None:
        return "–"
    upper = "" if difference.upper is None else f"{100 * difference.upper:.1f}"
    return f"{100 * difference.value:+.1f} [{100 * difference.lower:.1f}, {upper}]"


def attack_title(attack: parts.AttackParts) -> str:
    """`FGSM ε=8/255`."""
    return attack.kind.value if attack.epsilon_text is None else f"{attack.kind.value} ε={attack.epsilon_text}"


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in (head, *rows)]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def _columns(name: str, share: Share | None) -> dict[str, Any]:
    return {
        name: share.value if share else None,
        f"{name}_lower": share.lower if share else None,
        f"{name}_upper": share.upper if share else None,
    }


EVALUATION_HEAD = ("model", "attack", "norm", "n", "clean", "under attack", "success", "mean L∞", "mean L2", "findings")


def evaluation_row(row: parts.EvaluationParts) -> list[str]:
    distance = row.mean_distortion
    return [
        model_title(row.model),
        attack_title(row.attack),
        row.attack.norm.value,
        str(row.sample_count),
        percent(row.clean.top1 if row.clean else None),
        percent(row.adversarial.top1 if row.adversarial else None),
        percent(row.success_rate),
        f"{distance.linf:.5g}" if distance else "–",
        f"{distance.l2:.3g}" if distance else "–",
        " ".join(finding.code for finding in row.findings or []),
    ]


def as_text(rows: Sequence[parts.EvaluationParts]) -> str:
    return text_table(EVALUATION_HEAD, [evaluation_row(row) for row in rows])


def evaluations(rows: Sequence[parts.EvaluationParts]) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "model": model_title(row.model),
                "dataset": row.dataset.name,
                "attack": row.attack.kind.value,
                "epsilon": row.attack.epsilon,
                "norm": row.attack.norm.value,
                "n": row.sample_count,
                "offset": row.offset,
                "seed": row.seed,
                **_columns("clean", row.clean.top1 if row.clean else None),
                **_columns("robust", row.adversarial.top1 if row.adversarial else None),
                **_columns("success", row.success_rate),
                "mean_linf": row.mean_distortion and row.mean_distortion.linf,
                "mean_l2": row.mean_distortion and row.mean_distortion.l2,
                "queries": row.queries,
                "gradients": row.gradients,
                "judging": row.judging.value,
                "findings": " ".join(finding.code for finding in row.findings or []),
                "engine": row.engine,
                "id": row.id,
            }
            for row in rows
        ]
    )


def examples(rows: Sequence[parts.ExampleParts]) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "index": row.index,
                "label": row.label,
                "clean": row.clean.label,
                "clean_confidence": row.clean.confidence,
                "adversarial": row.adversarial.label,
                "adversarial_confidence": row.adversarial.confidence,
                "success": row.success,
                "linf": row.distortion.linf,
                "l2": row.distortion.l2,
                "queries": row.queries,
            }
            for row in rows
        ]
    )


def transfer(data: parts.TransferParts) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "source": model_title(cell.source),
                "target": model_title(cell.target),
                "attack": cell.attack.kind.value,
                "epsilon": cell.attack.epsilon,
                "n": cell.n,
                "both_right": cell.both_right,
                **_columns("rate", cell.rate),
                **_columns("error_rate", cell.error_rate),
                **_columns("same_wrong_class", cell.same_wrong_class),
                "kappa": cell.kappa,
            }
            for cell in data.cells
        ]
    )


def transfer_rows(data: parts.TransferParts) -> tuple[list[str], list[list[str]]]:
    """A row for each source under each attack, a column for each target."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for cell in data.cells:
        rows.setdefault((model_title(cell.source), attack_title(cell.attack)), {})[model_title(cell.target)] = f"{percent(cell.rate)} of {cell.rate.n}"
    targets = [model_title(target) for target in data.targets]
    head = ["source", "attack", *(f"fools {target}" for target in targets)]
    return head, [[source, attack, *(cells.get(target, "–") for target in targets)] for (source, attack), cells in rows.items()]


def transfer_text(data: parts.TransferParts) -> str:
    return text_table(*transfer_rows(data))


LEADERBOARD_HEAD = ("rank", "model", "n", "clean", "worst case", "attacks", "findings")


def leaderboard_rows(data: LeaderboardLeaderboard) -> list[list[str]]:
    return [
        [
            str(entry.rank),
            model_title(entry.model),
            str(entry.robust.n),
            percent(entry.clean),
            percent(entry.robust) + (" masked" if entry.masked_gradients else ""),
            " ".join(kind.value for kind in entry.attack_kinds),
            " ".join(dict.fromkeys(finding.code for finding in entry.findings)),
        ]
        for entry in data.entries.nodes
    ]


class Versioned(Protocol):
    """A model with its version."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...


def model_title(model: Versioned) -> str:
    """Its name, with its version where it is not the first."""
    return model.name if model.version == 1 else f"{model.name}@{model.version}"


def versioned(entry: parts.EntryParts) -> str:
    """Name and version of its model."""
    return entry.model_name if entry.model_version == 1 else f"{entry.model_name}@{entry.model_version}"


RANKING_HEAD = ["rank", "model", "n", "clean", "robust", "findings"]


def ranking_rows(rows: Sequence[parts.RankParts]) -> list[list[str]]:
    return [
        [
            str(row.rank) if row.tied_from == row.tied_to else f"{row.rank} ({row.tied_from} to {row.tied_to})",
            versioned(row.entry),
            str(row.robust.n),
            percent(row.clean),
            percent(row.robust) + (" masked" if row.entry.masked_gradients else ""),
            " ".join(dict.fromkeys(finding.code for finding in row.entry.findings or [])),
        ]
        for row in rows
    ]


def ranking(rows: Sequence[parts.RankParts]) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "rank": row.rank,
                "tied_from": row.tied_from,
                "tied_to": row.tied_to,
                "model": versioned(row.entry),
                "n": row.robust.n,
                **_columns("clean", row.clean),
                **_columns("robust", row.robust),
                "masked_gradients": row.entry.masked_gradients,
            }
            for row in rows
        ]
    )


def leaderboard(data: LeaderboardLeaderboard) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "rank": entry.rank,
                "model": model_title(entry.model),
                "n": entry.robust.n,
                **_columns("clean", entry.clean),
                **_columns("robust", entry.robust),
                "masked_gradients": entry.masked_gradients,
                "attacks": " ".join(kind.value for kind in entry.attack_kinds),
            }
            for entry in data.entries.nodes
        ]
    )


COMPARISON_HEAD = ("first", "second", "difference", "both right", "only first", "only second", "p (McNemar)", "p adjusted")


def comparison_rows(data: CompareModelsCompareModels) -> list[list[str]]:
    return [
        [
            model_title(pair.first),
            model_title(pair.second),
            points(pair.difference),
            str(pair.both),
            str(pair.only_first),
            str(pair.only_second),
            f"{pair.p_value:.3g}",
            f"{pair.adjusted_p_value:.3g}",
        ]
        for pair in data.pairs
    ]


def comparison(data: CompareModelsCompareModels) -> Any:
    return need("pandas", "pandas").DataFrame(
        [
            {
                "first": model_title(pair.first),
                "second": model_title(pair.second),
                "difference": pair.difference.value,
                "difference_lower": pair.difference.lower,
                "difference_upper": pair.difference.upper,
                "both": pair.both,
                "only_first": pair.only_first,
                "only_second": pair.only_second,
                "p_value": pair.p_value,
                "adjusted_p_value": pair.adjusted_p_value,
            }
            for pair in data.pairs
        ]
    )
