"""Progress bars, one for each job."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from tqdm.auto import tqdm

from ._api.fragments import JobParts


class Bars:
    """A bar for each job, by its id. Used as a context manager, which closes them."""

    def __init__(self, titles: Mapping[str, str], enabled: bool) -> None:
        self._bars: dict[str, Any] = {
            job: tqdm(desc=title, total=1, disable=None if enabled else True, leave=True, unit="") for job, title in titles.items()
        }

    def update(self, job: JobParts) -> None:
        bar = self._bars.get(job.id)
        if bar is None:
            return
        bar.unit = f" {job.progress.unit}"
        bar.total = max(job.progress.total, 1)
        bar.n = job.progress.total if job.state.value == "SUCCEEDED" else job.progress.done
        bar.set_postfix_str("" if job.state.value == "RUNNING" else job.state.value.lower(), refresh=False)
        bar.refresh()

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for bar in self._bars.values():
            bar.close()
