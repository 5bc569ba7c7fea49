"""Results of evaluations and transfers, and trained models."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from .. import _show, _tables
from .._api import fragments as parts
from .operations import AsyncOperations


class AsyncExamples(Sequence[parts.ExampleParts]):
    """Single examples of an evaluation. `show()` makes a grid of their images."""

    def __init__(self, operations: AsyncOperations, rows: list[parts.ExampleParts], class_names: Sequence[str]) -> None:
        self._operations = operations
        self._rows = rows
        self._class_names = class_names

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __iter__(self) -> Iterator[parts.ExampleParts]:
        return iter(self._rows)

    def to_pandas(self) -> Any:
        """A table with a row for each example."""
        return _tables.examples(self._rows)

    async def show(self, count: int = 16) -> _show.Html:
        """Images before and after the attack, for a notebook. Adversarial ones are there where the evaluation kept them: `evaluate(keep_images=True)`."""
        pictures = []
        for row in self._rows[:count]:
            urls = [row.clean_image_url, row.adversarial_image_url]
            files = [await self._operations.transport.content(url) if url else None for url in urls]
            pictures.append((row, [f"data:image/png;base64,{base64.b64encode(file).decode()}" if file else None for file in files]))
        return _show.examples(pictures, self._class_names)

    def __repr__(self) -> str:
        return f"<Examples {len(self)}>"


class AsyncEvaluation:
    """One model under one attack."""

    def __init__(self, operations: AsyncOperations, data: parts.EvaluationParts) -> None:
        self._operations = operations
        #: Everything that the server says of it.
        self.data = data

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def robust_accuracy(self) -> float | None:
        """Share of the images that are right under attack; None until the evaluation has ended."""
        return self.data.adversarial.top1.value if self.data.adversarial else None

    @property
    def clean_accuracy(self) -> float | None:
        """Share of the original images that are right."""
        return self.data.clean.top1.value if self.data.clean else None

    @property
    def findings(self) -> list[parts.FindingParts]:
        """What automatic checks found."""
        return list(self.data.findings or [])

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        return f"{self._operations.transport.settings.url}/evaluations/{self.id}"

    async def examples(self, success: bool | None = None, first: int = 100) -> AsyncExamples:
        """Its examples: those that fooled the model, those that did not, or all."""
        rows: list[parts.ExampleParts] = []
        after: str | None = None
        while len(rows) < first:
            found = (await self._operations.examples(self.id, first=min(100, first - len(rows)), after=after, success=success)).evaluation
            page = found.examples if found else None
            if page is None:
                break
            rows += page.nodes
            if not page.page_info.has_next_page:
                break
            after = page.page_info.end_cursor
        dataset = (await self._operations.dataset(id=self.data.dataset.id)).dataset
        return AsyncExamples(self._operations, rows, dataset.class_names if dataset else [])

    def __repr__(self) -> str:
        return f"<Evaluation {_tables.model_title(self.data.model)!r} {_tables.attack_title(self.data.attack)}: {_tables.percent(self.data.adversarial.top1 if self.data.adversarial else None)}>"

    def _repr_html_(self) -> str:
        return _show.evaluations([self.data], self._operations.transport.settings.url)


class AsyncResults(Sequence[AsyncEvaluation]):
    """Evaluations that were requested together: each model under each attack with each budget."""

    def __init__(self, operations: AsyncOperations, rows: list[parts.EvaluationParts]) -> None:
        self._operations = operations
        self.evaluations = [AsyncEvaluation(operations, row) for row in rows]

    def __len__(self) -> int:
        return len(self.evaluations)

    def __getitem__(self, index: Any) -> Any:
        return self.evaluations[index]

    def __iter__(self) -> Iterator[AsyncEvaluation]:
        return iter(self.evaluations)

    @property
    def data(self) -> list[parts.EvaluationParts]:
        """Everything that the server says of them."""
        return [evaluation.data for evaluation in self.evaluations]

    @property
    def url(self) -> str:
        """Their page in the dashboard: that of the evaluation, or the list of those of the model."""
        if len(self.evaluations) == 1:
            return self.evaluations[0].url
        from urllib.parse import urlencode

        base = self._operations.transport.settings.url
        names = {_tables.model_title(row.model) for row in self.data}
        return f"{base}/evaluations?{urlencode({'model': names.pop()})}" if len(names) == 1 else f"{base}/evaluations"

    @property
    def findings(self) -> list[parts.FindingParts]:
        """What automatic checks found in any of them, each once."""
        seen = {(finding.code, finding.message): finding for evaluation in self.evaluations for finding in evaluation.findings}
        return list(seen.values())

    async def examples(self, success: bool | None = None, first: int = 100) -> AsyncExamples:
        """Examples of the last evaluation, which is that of the last attack and the largest budget of `eps`, as they were given."""
        return await self.evaluations[-1].examples(success, first)

    def to_pandas(self) -> Any:
        """A table with a row for each evaluation: accuracies with their 95 % intervals, success rate, distortions."""
        return _tables.evaluations(self.data)

    def plot(self, ax: Any = None) -> Any:
        """Accuracy against budget, a line for each model and attack, with 95 % intervals. @return the axes."""
        return _show.plot(self.data, ax)

    def to_mlflow(self, run: Any = None) -> str:
        """Logs accuracies, findings and the request to an MLflow run, or to that of an id; by default to the active one, or to a new one, which is then finished.

        Returns:
            Id of the run.

        Raises:
            ValidationError: An evaluation has no results yet.
        """
        from .._mlflow import log_evaluations

        return log_evaluations(self.data, self.url, run)

    def __repr__(self) -> str:
        return _tables.as_text(self.data)

    def _repr_html_(self) -> str:
        return _show.evaluations(self.data, self._operations.transport.settings.url)


class AsyncTransfer:
    """How images that fool some models fool others."""

    def __init__(self, operations: AsyncOperations, data: parts.TransferParts) -> None:
        self._operations = operations
        self.data = data

    @property
    def id(self) -> str:
        return self.data.id

    def to_pandas(self) -> Any:
        """A table with a row for each source, target and attack."""
        return _tables.transfer(self.data)

    def __repr__(self) -> str:
        return _tables.transfer_text(self.data)

    def _repr_html_(self) -> str:
        return _show.transfer(self.data)


