"""Benchmarks of the server: official runs of models by one protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import _show, _tables
from .._api import fragments as parts
from .._api.input_types import EnterBenchmarkInput
from .._rank import Rank
from ..errors import GauntletError, NotFoundError
from .jobs import AsyncJobs
from .models import AsyncModel, AsyncModels
from .operations import AsyncOperations


class AsyncBenchmark:
    """One version of a benchmark."""

    def __init__(self, operations: AsyncOperations, models: AsyncModels, jobs: AsyncJobs, data: parts.BenchmarkParts) -> None:
        self._operations = operations
        self._models = models
        self._jobs = jobs
        #: Everything that the server says of it.
        self.data = data

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        return f"{self._operations.transport.settings.url}/benchmarks/{self.id}"

    @property
    def ranking(self) -> list[parts.RankParts]:
        """The networks that were entered, the most robust first."""
        return list(self.data.ranking)

    async def enter(self, model: Any, name: str | None = None, *, progress: bool = True, **submit: Any) -> Rank:
        """Enters a model and waits for its official run. Everyone sees the result.

        Args:
            model: A model of yours that is listed or public, or its name; or a module, file or folder, which is submitted as a listed model: its results are
                everyone's, its file stays yours.
            name: Name of a model that is submitted.
            progress: Show bars.
            submit: What `models.submit` takes, such as `like`, `normalize`, `version_of`.

        Returns:
            Its rank. `rank.findings` is what was found, and `rank.entry.badge_url` its badge.

        Raises:
            JobFailedError: The server cannot run the model, or its run did not succeed.
        """
        model_id = (await self._model(model, name, progress, submit)).id
        payload = (await self._operations.enter_benchmark(EnterBenchmarkInput(benchmark_id=self.id, model_id=model_id))).enter_benchmark
        if payload.typename__ != "EnterBenchmarkSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        await self._jobs.wait({payload.job.id: self.data.name}, progress)
        found = (await self._operations.benchmark(id=self.id)).benchmark
        if found is not None:
            self.data = found
        for rank in self.data.ranking:
            if payload.entry.id in [rank.entry.id, *(one.id for one in rank.same)]:
                return Rank(rank, self.data.title, self.url)
        raise NotFoundError("The entry is not ranked: see the page of the benchmark for why.")

    async def _model(self, model: Any, name: str | None, progress: bool, submit: dict[str, Any]) -> AsyncModel:
        if isinstance(model, AsyncModel):
            return model
        if isinstance(model, str) and name is None and not submit and not Path(model).exists():
            return await self._models.get(model)
        return await self._models.submit(model, name, visibility="LISTED", progress=progress, **submit)

    def to_pandas(self) -> Any:
        """Its ranking as a table, the most robust first."""
        return _tables.ranking(self.data.ranking)

    def __repr__(self) -> str:
        return f"<Benchmark {self.data.name!r} version {self.data.version}: {', '.join(_tables.versioned(row.entry) for row in self.ranking) or 'no entries'}>"

    def _repr_html_(self) -> str:
        return _show.ranking(self.data, self.url)
