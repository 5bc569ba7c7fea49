"""Data sets: uploaded and found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from tqdm.auto import tqdm

from .. import _show
from .._api import fragments as parts
from .._api.enums import DatasetSplit, Visibility
from .._api.input_types import RegisterDatasetInput
from .._arrays import dataset_file
from ..errors import GauntletError, NotFoundError
from .jobs import AsyncJobs
from .models import similar
from .operations import AsyncOperations


class AsyncDataset:
    """A data set of the server."""

    def __init__(self, operations: AsyncOperations, data: parts.DatasetParts) -> None:
        self._operations = operations
        #: Everything that the server says of it.
        self.data = data

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def name(self) -> str:
        return self.data.name

    def __len__(self) -> int:
        return self.data.example_count

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        return f"{self._operations.transport.settings.url}/datasets/{self.id}"

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.data.image_shape))
        return f"<Dataset {self.name!r} {len(self)} images of {shape}, {len(self.data.class_names)} classes>"

    def _repr_html_(self) -> str:
        return _show.dataset(self.data, self.url)


class AsyncDatasets:
    """Data sets of the server."""

    def __init__(self, operations: AsyncOperations, jobs: AsyncJobs) -> None:
        self._operations = operations
        self._jobs = jobs

    async def get(self, name_or_id: str) -> AsyncDataset:
        """A data set by its name or id. @raise NotFoundError with similar names."""
        found = (await self._operations.dataset(name=name_or_id)).dataset or (await self._operations.dataset(id=name_or_id)).dataset
        if found is not None:
            return AsyncDataset(self._operations, found)
        names = [dataset.name for dataset in await self.list(200)]
        raise NotFoundError(f"There is no data set {name_or_id!r}.", hint=similar(name_or_id, names))

    async def list(self, first: int = 50) -> list[AsyncDataset]:
        """Data sets."""
        found: list[AsyncDataset] = []
        after: str | None = None
        while len(found) < first:
            page = (await self._operations.datasets(first=min(100, first - len(found)), after=after)).datasets
            found += [AsyncDataset(self._operations, node) for node in page.nodes]
            if not page.page_info.has_next_page:
                break
            after = page.page_info.end_cursor
        return found

    async def upload(
        self,
        name: str,
        x: Any,
        y: Any = None,
        *,
        layout: Literal["NHWC", "NCHW"] | None = None,
        class_names: Sequence[str] | None = None,
        format: str | None = None,
        split: Literal["TEST", "TRAIN"] = "TEST",
        public: bool = False,
        progress: bool = True,
    ) -> AsyncDataset:
        """Sends images and labels, and waits until the server has read them.

        Args:
            name: Unique name.
            x: Images as an array or tensor, bytes or numbers in [0, 1]; a Dataset or DataLoader of PyTorch; a `datasets.Dataset`; a folder with one folder for each
                class, or `images/` and `labels.csv`; or a file in a format of the server.
            y: Labels, where x is an array: whole numbers from 0, or one-hot rows.
            layout: Where the channels of an array are, if its shape does not say it.
            class_names: Names of the classes. Default: those of the source, if it has any.
            format: Format of a file. Default: the server finds out.
            split: What the images are for.
            public: Everyone with a token may use it. Default: you alone.

        Raises:
            ValidationError: Images or labels could be misread.
            JobFailedError: The server cannot read the file; the message names the place in it.
        """
        with dataset_file(x, y, layout) as (file, size, file_name, found):
            names = class_names or found
            request = RegisterDatasetInput(name=name, split=DatasetSplit(split), visibility=Visibility("PUBLIC" if public else "PRIVATE"))
            if names:
                request.class_names = list(names)
            if format:
                request.format = format
            with tqdm(desc=f"{name}: upload", total=size, unit="B", unit_scale=True, disable=None if progress else True, leave=False) as bar:
                request.upload_id = await self._operations.transport.upload(file, size, file_name, bar)
        payload = (await self._operations.register_dataset(request)).register_dataset
        if payload.typename__ != "RegisterDatasetSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        if payload.job is not None:
            await self._jobs.wait({payload.job.id: f"{name}: check"}, progress)
        return await self.get(payload.dataset.id)
