"""Results as HTML for notebooks, and as plots."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from . import _tables
from ._api import fragments as parts
from ._api.compare_models import CompareModelsCompareModels
from ._api.leaderboard import LeaderboardLeaderboard
from ._extras import need


class Html:
    """Markup that a notebook shows."""

    def __init__(self, markup: str, text: str) -> None:
        self._markup = markup
        self._text = text

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._text


def escape(value: object) -> str:
    return html.escape(str(value))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" target="_blank">{escape(text)}</a>'


def facts(title: str, url: str, rows: Sequence[tuple[str, object]]) -> str:
    return f"<p><b>{escape(title)}</b> {link(url, 'dashboard')}</p>" + table(("", ""), [(name, value) for name, value in rows if value not in (None, "")])


def model(data: parts.ModelParts, url: str) -> str:
    spec = data.spec
    return facts(
        data.name,
        url,
        [
            ("status", data.status.value),
            ("access", data.access.value),
            ("input", "×".join(map(str, spec.input_shape)) if spec else None),
            ("classes", spec.class_count if spec else None),
            ("parameters", data.parameter_count),
            ("warnings", "; ".join(data.warnings)),
        ],
    )


def dataset(data: parts.DatasetParts, url: str) -> str:
    names = ", ".join(data.class_names[:12]) + (" …" if len(data.class_names) > 12 else "")
    return facts(data.name, url, [("images", data.example_count), ("size", "×".join(map(str, data.image_shape))), ("classes", names)])


def evaluations(rows: Sequence[parts.EvaluationParts], base: str) -> str:
    found = {(finding.severity.value, finding.code, finding.message): None for row in rows for finding in row.findings or []}
    notes = "".join(f"<li><b>{escape(severity)} {escape(code)}</b> {escape(message)}</li>" for severity, code, message in found)
    links = " ".join(link(f"{base}/evaluations/{row.id}", f"{i + 1}") for i, row in enumerate(rows))
    return table(_tables.EVALUATION_HEAD, [_tables.evaluation_row(row) for row in rows]) + (f"<ul>{notes}</ul>" if notes else "") + f"<p>In the dashboard: {links}</p>"


def transfer(data: parts.TransferParts) -> str:
    return table(*_tables.transfer_rows(data))


def ranking(data: parts.BenchmarkParts, url: str) -> str:
    return f"<p>{link(url, data.title)}</p>" + table(_tables.RANKING_HEAD, _tables.ranking_rows(data.ranking))


def leaderboard(data: LeaderboardLeaderboard) -> str:
    return table(_tables.LEADERBOARD_HEAD, _tables.leaderboard_rows(data))


def comparison(data: CompareModelsCompareModels) -> str:
    return table(_tables.COMPARISON_HEAD, _tables.comparison_rows(data))


def examples(pictures: Sequence[tuple[parts.ExampleParts, Sequence[str | None]]], class_names: Sequence[str]) -> Html:
    """A grid: each original above its adversarial image, with label and predictions."""

    def name(label: int) -> str:
        return class_names[label] if 0 <= label < len(class_names) else str(label)

    def picture(source: str | None) -> str:
        if source is None:
            return '<div style="width:96px;height:96px;display:grid;place-items:center;border:1px dashed #999;font-size:11px">not kept</div>'
        return f'<img src="{source}" style="width:96px;height:96px;image-rendering:pixelated">'

    cells = []
    for row, sources in pictures:
        caption = f"#{row.index} {name(row.label)}: {name(row.clean.label)} → {name(row.adversarial.label)}"
        cells.append(f'<figure style="margin:4px;width:100px">{"".join(map(picture, sources))}<figcaption style="font-size:11px">{escape(caption)}</figcaption></figure>')
    return Html(f'<div style="display:flex;flex-wrap:wrap">{"".join(cells)}</div>', f"<{len(cells)} examples, shown in a notebook>")


def plot(rows: Sequence[parts.EvaluationParts], ax: Any = None) -> Any:
    """Accuracy against budget, a line for each model and attack, with 95 % intervals; budgets without end as points at their median length."""
    pyplot = need("matplotlib.pyplot", "plot")
    if ax is None:
        _, ax = pyplot.subplots(figsize=(6, 4))
    lines: dict[str, list[parts.EvaluationParts]] = {}
    for row in rows:
        if row.adversarial is not None and row.attack.epsilon is not None:
            lines.setdefault(f"{_tables.model_title(row.model)}, {row.attack.kind.value}", []).append(row)
    for title, members in lines.items():
        ordered = sorted(members, key=lambda row: float(row.attack.epsilon or 0))
        clean = ordered[0].clean
        epsilons = [float(row.attack.epsilon or 0) for row in ordered]
        shares: list[_tables.Share] = [row.adversarial.top1 for row in ordered if row.adversarial]
        if clean is not None:
            epsilons, shares = [0.0, *epsilons], [clean.top1, *shares]
        values = [share.value or 0.0 for share in shares]
        below = [max(0.0, value - share.lower) for value, share in zip(values, shares)]
        above = [max(0.0, share.upper - value) for value, share in zip(values, shares)]
        ax.errorbar(epsilons, values, yerr=[below, above], marker="o", capsize=3, label=title)
    norms = {row.attack.norm.value for row in rows}
    ax.set_xlabel(f"ε ({', '.join(sorted(norms))})")
    ax.set_ylabel("accuracy")
    ax.set_ylim(-0.02, 1.02)
    if lines:
        ax.legend(fontsize="small")
    return ax
