"""Results that stand for several evaluations."""

from __future__ import annotations

from typing import Any

from . import _show, _tables
from ._api import fragments as parts
from ._api.compare_models import CompareModelsCompareModels
from ._api.leaderboard import LeaderboardLeaderboard
from ._api.robustness_curve import RobustnessCurveRobustnessCurve
from ._api.worst_case import WorstCaseWorstCase
from ._extras import need


class Leaderboard:
    """Models by their accuracy under the worst of the attacks with a budget."""

    def __init__(self, data: LeaderboardLeaderboard) -> None:
        self.data = data

    def to_pandas(self) -> Any:
        """A table with a row for each model."""
        return _tables.leaderboard(self.data)

    def __repr__(self) -> str:
        return _tables.text_table(_tables.LEADERBOARD_HEAD, _tables.leaderboard_rows(self.data))

    def _repr_html_(self) -> str:
        return _show.leaderboard(self.data)


class Comparison:
    """Models in pairs, on the same images."""

    def __init__(self, data: CompareModelsCompareModels) -> None:
        self.data = data

    @property
    def p_value(self) -> float:
        """Of McNemar's test of the first pair."""
        return self.data.pairs[0].p_value

    def to_pandas(self) -> Any:
        """A table with a row for each pair."""
        return _tables.comparison(self.data)

    def __repr__(self) -> str:
        return _tables.text_table(_tables.COMPARISON_HEAD, _tables.comparison_rows(self.data))

    def _repr_html_(self) -> str:
        return _show.comparison(self.data)


class Curve:
    """Accuracy of models against the budget of an attack."""

    HEAD = ("model", "epsilon", "accuracy")

    def __init__(self, data: RobustnessCurveRobustnessCurve) -> None:
        self.data = data

    def _rows(self) -> list[list[str]]:
        return [[_tables.model_title(curve.model), f"{point.epsilon:.6g}", _tables.percent(point.top1)] for curve in self.data.curves for point in curve.points]

    def to_pandas(self) -> Any:
        """A table with a row for each model and budget."""
        return need("pandas", "pandas").DataFrame(
            [
                {"model": _tables.model_title(curve.model), "epsilon": point.epsilon, "robust": point.top1.value, "lower": point.top1.lower, "upper": point.top1.upper, "n": point.top1.n}
                for curve in self.data.curves
                for point in curve.points
            ]
        )

    def plot(self, ax: Any = None) -> Any:
        """Accuracy against budget, a line for each model, with 95 % intervals. @return the axes."""
        pyplot = need("matplotlib.pyplot", "plot")
        if ax is None:
            _, ax = pyplot.subplots(figsize=(6, 4))
        for curve in self.data.curves:
            epsilons = [point.epsilon for point in curve.points]
            ax.plot(epsilons, [point.top1.value for point in curve.points], marker="o", label=_tables.model_title(curve.model))
            ax.fill_between(epsilons, [point.top1.lower for point in curve.points], [point.top1.upper for point in curve.points], alpha=0.2)
        ax.set_xlabel("ε")
        ax.set_ylabel(f"accuracy under {self.data.attack_kind.value}")
        ax.set_ylim(-0.02, 1.02)
        ax.legend(fontsize="small")
        return ax

    def __repr__(self) -> str:
        return _tables.text_table(self.HEAD, self._rows())

    def _repr_html_(self) -> str:
        return _show.table(self.HEAD, self._rows())


class WorstCase:
    """Each image under the attack that the model withstands least."""

    def __init__(self, data: WorstCaseWorstCase) -> None:
        self.data = data

    @property
    def robust_accuracy(self) -> float | None:
        """Share of the images that are right under every attack."""
        return self.data.robust.value

    @property
    def findings(self) -> list[parts.FindingParts]:
        """What automatic checks found in the evaluations that count."""
        return list(self.data.findings)

    def __repr__(self) -> str:
        return f"<WorstCase clean {_tables.percent(self.data.clean)}, worst case {_tables.percent(self.data.robust)}>"
