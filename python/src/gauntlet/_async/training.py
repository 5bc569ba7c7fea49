"""Training runs."""

from __future__ import annotations

from typing import Any

from .. import _show
from .._api import fragments as parts
from .._extras import need
from .models import AsyncModel
from .operations import AsyncOperations


class AsyncTrainingRun:
    """A training run with the model that it makes."""

    def __init__(self, operations: AsyncOperations, data: parts.TrainingRunParts) -> None:
        self._operations = operations
        #: Everything that the server says of it.
        self.data = data
        #: The trained model.
        self.model = AsyncModel(operations, data.model)

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        return f"{self._operations.transport.settings.url}/training/{self.id}"

    def to_pandas(self) -> Any:
        """A table with a row for each validation: step, loss, accuracies."""
        return need("pandas", "pandas").DataFrame([point.model_dump() for point in self.data.series])

    def __repr__(self) -> str:
        return f"<TrainingRun {self.model.name!r} {self.data.scheme} {self.data.total_steps} steps>"

    def _repr_html_(self) -> str:
        rows = [("scheme", self.data.scheme), ("steps", self.data.total_steps), ("outcome", self.data.outcome and self.data.outcome.value)]
        return _show.facts(self.model.name, self.url, rows)
