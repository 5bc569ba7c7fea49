"""Waiting for jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from .. import _interrupt
from .._api.fragments import JobParts
from .._progress import Bars
from ..errors import JobCancelledError, JobFailedError, NotFoundError, RefusedError
from .operations import AsyncOperations

log = logging.getLogger("gauntlet")

#: Seconds between two looks at jobs: short for what ends at once, longer for what takes long.
SHORTEST, LONGEST = 0.1, 2.0
#: Jobs that one request asks about.
AT_ONCE = 50

FIELDS = "id kind state progress { done total unit } error errorCode createdAt startedAt finishedAt eta"


def _tell(left: list[str]) -> None:
    log.warning("jobs that are left running: %s. The same request finds their results.", ", ".join(left))


class AsyncJobs:
    """Jobs of the server."""

    def __init__(self, operations: AsyncOperations) -> None:
        self._operations = operations

    async def get(self, ids: list[str]) -> list[JobParts]:
        """Jobs of these ids. @raise NotFoundError"""
        found: list[JobParts] = []
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            arguments = ", ".join(f"$id{i}: ID!" for i in range(len(part)))
            fields = " ".join(f"job{i}: job(id: $id{i}) {{ {FIELDS} }}" for i in range(len(part)))
            variables: dict[str, Any] = {f"id{i}": job for i, job in enumerate(part)}
            data = await self._operations.transport.graphql(f"query Jobs({arguments}) {{ {fields} }}", variables)
            for i, job in enumerate(part):
                if data[f"job{i}"] is None:
                    raise NotFoundError(f"There is no job {job}: was its model or evaluation deleted?")
                found.append(JobParts.model_validate(data[f"job{i}"]))
        return found

    async def cancel(self, job_id: str) -> None:
        """Cancels a job. One that has ended stays as it is, and one that others asked for goes on."""
        from .._api.input_types import CancelJobInput

        try:
            await self._operations.cancel_job(CancelJobInput(job_id=job_id))
        except RefusedError as error:
            if error.code != "JOB_FINISHED":
                raise

    async def wait(self, titles: Mapping[str, str], progress: bool = True) -> dict[str, JobParts]:
        """Waits until jobs have ended, with a progress bar for each. Ctrl-C asks whether to cancel them.

        Args:
            titles: What each job is called, by its id.

        Raises:
            JobFailedError, JobCancelledError: One did not succeed. The others are waited for first.
        """
        ended: dict[str, JobParts] = {}
        with Bars(titles, progress) as bars:
            while len(ended) < len(titles):
                try:
                    await self._follow(titles, ended, bars)
                except KeyboardInterrupt:
                    left = [job for job in titles if job not in ended]
                    answer = _interrupt.ask(len(left))
                    if answer == "wait":
                        continue
                    if answer == "cancel":
                        for job_id in left:
                            await self.cancel(job_id)
                    else:
                        _tell(left)
                    raise
                except BaseException:
                    # The server is away, the token was revoked, or the task was cancelled.
                    _tell([job for job in titles if job not in ended])
                    raise
        for job in ended.values():
            if job.state.value == "CANCELLED":
                raise JobCancelledError(f"{titles[job.id]}: the job was cancelled.", job_id=job.id)
            if job.state.value != "SUCCEEDED":
                raise JobFailedError(f"{titles[job.id]}: {job.error or 'the job failed.'}", code=job.error_code, job_id=job.id)
        return ended

    async def _follow(self, titles: Mapping[str, str], ended: dict[str, JobParts], bars: Bars) -> None:
        pause = SHORTEST
        while True:
            for job in await self.get([job for job in titles if job not in ended]):
                bars.update(job)
                if job.finished_at is not None:
                    ended[job.id] = job
            if len(ended) == len(titles):
                return
            await asyncio.sleep(pause)
            pause = min(LONGEST, 1.3 * pause)
