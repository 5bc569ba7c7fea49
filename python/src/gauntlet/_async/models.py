"""Models: submitted, found, downloaded, deleted."""

from __future__ import annotations

import asyncio
import difflib
import io
import os
import tarfile
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import quote

from tqdm.auto import tqdm

from .. import _function, _show, _torch
from .._api import fragments as parts
from .._api.enums import ImageLayout, ModelAccess, OutputKind, Visibility
from .._api.input_types import DeleteModelInput, EndpointInput, FunctionInput, ModelSpecInput, SubmitModelInput
from .._tables import model_title
from .._values import Magnitude, plain
from ..errors import ForbiddenError, GauntletError, NotFoundError, ValidationError
from .jobs import AsyncJobs
from .operations import AsyncOperations

Access = Literal["GRADIENT", "SCORE", "DECISION"]


class AsyncModel:
    """A model of the server."""

    def __init__(self, operations: AsyncOperations, data: parts.ModelParts) -> None:
        self._operations = operations
        #: Everything that the server says of it.
        self.data = data

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def version(self) -> int:
        """Number of its version among those of its name, from 1."""
        return self.data.version

    @property
    def title(self) -> str:
        """Its name, with its version where it is not the first: `"mine@2"`."""
        return model_title(self.data)

    @property
    def spec(self) -> parts.SpecParts | None:
        """Images and classes, and how pixels are prepared; None while the model is being checked."""
        return self.data.spec

    @property
    def warnings(self) -> list[str]:
        """What the check of its file noticed."""
        return self.data.warnings

    @property
    def url(self) -> str:
        """Its page in the dashboard."""
        return f"{self._operations.transport.settings.url}/models/{self.id}"

    async def onnx(self, batch: int = 1) -> bytes:
        """The model as an ONNX file of standard operators, for so many images at once."""
        if self.data.onnx_url is None:
            # Those with gradients have a network: it is not for this viewer.
            if self.data.access == ModelAccess.GRADIENT:
                raise ForbiddenError(f"The model {self.name!r} is listed: its results are everyone's, and its files are its owner's.")
            raise ValidationError(f"The model {self.name!r} has no network that could be written as a file.")
        return await self._operations.transport.content(f"{self.data.onnx_url}?batch={batch}")

    async def download(self, path: str | os.PathLike[str], batch: int = 1) -> Path:
        """Writes the model as an ONNX file. @return its path."""
        target = Path(path)
        target.write_bytes(await self.onnx(batch))
        return target

    async def robustbench(
        self, data: Any, eps: Magnitude, norm: Literal["LINF", "L2"] = "LINF", *, judging: Literal["STORED", "FLOAT"] | None = None
    ) -> dict[str, Any]:
        """Its entry for RobustBench, as `model_info` of its repository has them, from an evaluation by the standard AutoAttack that was made before.

        Args:
            data: The data set of the evaluation.
            eps: Its budget.
            norm: Norm of the threat model.
            judging: What success was decided on. Default: floats, as RobustBench, if there is such an evaluation.

        Raises:
            GauntletError: There is no such evaluation (code NOT_FOUND).
        """
        from .datasets import AsyncDatasets

        found = data.id if hasattr(data, "id") else (await AsyncDatasets(self._operations, AsyncJobs(self._operations)).get(data)).id
        query = {"datasetId": found, "norm": norm, "epsilon": str(plain(eps)), **({"judging": judging} if judging else {})}
        return await self._operations.transport.json("GET", f"/models/{quote(self.id, safe='')}/robustbench.json", params=query)

    async def to_torch(self, module: Any) -> Any:
        """Puts the weights of this model into a `torch.nn.Module` with the same layers, and checks that both return the same scores.

        Raises:
            ExportError: The weights do not fit, or the scores differ. The module is then as it was.
        """
        if self.spec is None:
            raise ValidationError(f"The model {self.name!r} is not ready.")
        stored = await self._operations.transport.content(self.data.download_url) if self.data.download_url else b""
        graph = _torch.submitted_graph(stored) if stored else None
        return _torch.load_weights(module, graph or await self.onnx(4), self.spec)

    async def delete(self) -> None:
        """Deletes the model with its results."""
        await self._operations.delete_model(DeleteModelInput(model_id=self.id))

    def __repr__(self) -> str:
        return f"<Model {self.title!r} {self.data.status.value} {self.data.access.value}>"

    def _repr_html_(self) -> str:
        return _show.model(self.data, self.url)


class AsyncConnectedModel(AsyncModel):
    """A function of this program as a model of the server, until it is closed: use it in a `with` statement. Its results stay."""

    def __init__(self, operations: AsyncOperations, data: parts.ModelParts, connected: _function.ConnectedFunction) -> None:
        super().__init__(operations, data)
        self._connected = connected

    @property
    def raised(self) -> BaseException | None:
        """The last exception of the function."""
        return self._connected.raised

    def close(self) -> None:
        """Ends the connection. Jobs that still ask the function fail."""
        self._connected.close()

    def __enter__(self) -> AsyncConnectedModel:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class AsyncModels:
    """Models of the server."""

    def __init__(self, operations: AsyncOperations, jobs: AsyncJobs) -> None:
        self._operations = operations
        self._jobs = jobs

    async def get(self, name_or_id: str) -> AsyncModel:
        """A model by its name, of which it is the newest version that is ready, by `"name@2"`, or by its id. @raise NotFoundError with similar names."""
        name, separator, version = name_or_id.rpartition("@")
        # A name has no @.
        is_version = bool(separator) and version.isdecimal()
        by_name = self._operations.model(name=name, version=int(version)) if is_version else self._operations.model(name=name_or_id)
        found = (await by_name).model or (await self._operations.model(id=name_or_id)).model
        if found is not None:
            return AsyncModel(self._operations, found)
        names = [model.name for model in await self.list(200)]
        raise NotFoundError(f"There is no model {name_or_id!r}.", hint=similar(name_or_id, names))

    async def list(self, first: int = 50) -> list[AsyncModel]:
        """Models, the newest first."""
        found: list[AsyncModel] = []
        after: str | None = None
        while len(found) < first:
            page = (await self._operations.models(first=min(100, first - len(found)), after=after)).models
            found += [AsyncModel(self._operations, node) for node in page.nodes]
            if not page.page_info.has_next_page:
                break
            after = page.page_info.end_cursor
        return found

    async def submit(
        self,
        model: Any,
        name: str | None = None,
        *,
        like: Any = None,
        normalize: tuple[Sequence[float], Sequence[float]] | None = None,
        check: tuple[Any, Any] | None = None,
        expected_clean_accuracy: float | None = None,
        access: Access | None = None,
        input_shape: Sequence[int] | None = None,
        classes: int | Sequence[str] | None = None,
        value_range: tuple[float, float] | None = None,
        channel_order: Literal["RGB", "BGR"] | None = None,
        description: str | None = None,
        public: bool = False,
        visibility: Literal["PRIVATE", "LISTED", "PUBLIC"] | None = None,
        version_of: AsyncModel | str | None = None,
        progress: bool = True,
        **endpoint: Any,
    ) -> AsyncModel:
        """Submits a model and waits until the server has checked it.

        Args:
            model: A `torch.nn.Module`, which is written as an ONNX file here and compared with it; a file or folder of a model; bytes of an ONNX file; or
                the address of an endpoint.
            name: Unique name. Default: that of the file, of the class of the module, or of the host.
            like: For a module: images as they are in the data, from 0 to 1 or uint8, on which the module and the exported file are compared.
            normalize: Mean and standard deviation of each channel, which the server takes from pixels in [0, 1] before the model; for a module, what it expects
                to have been done to its input.
            check: For a module: images and labels on which its accuracy is measured here. An evaluation whose clean accuracy lies below has a finding.
            expected_clean_accuracy: The same for a file: accuracy that it is known to have.
            access: The most that attacks have of the model.
            input_shape: Height, width and channels, where the file does not say.
            classes: Number of classes or their names, where the file does not say.
            value_range: The network's own range of pixels, such as (0, 255), before mean and standard deviation.
            channel_order: Order of the channels that the network expects.
            public: Everyone with a token may see and download it. Default: you alone.
            visibility: The same in full: `"LISTED"` shows its results to everyone, and leaves its file yours.
            version_of: A model of yours, or its name, whose next version it is; it has that name.
            endpoint: For an address: what `EndpointInput` has, such as `answers="LOGITS"`, `batch_size=32`, `authorization="Bearer …"`.

        Raises:
            ExportError: The module and the exported file differ; with the name of the layer.
            JobFailedError: The server cannot run the model; the message says why.
        """
        details = {"description": description, "access": access, "visibility": visibility or ("PUBLIC" if public else "PRIVATE")}
        if version_of is not None:
            details["version_of"] = version_of.id if isinstance(version_of, AsyncModel) else (await self.get(version_of)).id
        spec: dict[str, Any] = {"input_shape": input_shape and [int(side) for side in input_shape], "value_range": value_range and list(value_range), "channel_order": channel_order}
        if isinstance(classes, int):
            spec["class_count"] = classes
        elif classes is not None:
            spec |= {"class_names": list(classes), "class_count": len(classes)}
        if normalize is not None:
            spec |= {"mean": [float(value) for value in normalize[0]], "std": [float(value) for value in normalize[1]]}
        if isinstance(model, str) and model.startswith(("http://", "https://")):
            from urllib.parse import urlsplit

            request = self._input(name or urlsplit(model).hostname or model, details, spec)
            request.endpoint = EndpointInput.model_validate({"url": model, **endpoint})
            return await self._submit(request, progress)
        if endpoint:
            raise TypeError(f"submit() takes {', '.join(endpoint)} only with the address of an endpoint.")
        if _torch.is_module(model):
            if like is None:
                raise ValidationError("For a module give like=…: some images as they are in the data, on which module and exported file are compared.", path=["like"])
            exported = _torch.export(model, like, normalize, check)
            spec |= {"input_shape": exported.input_shape, "class_count": exported.class_count, "value_range": spec["value_range"] or [0.0, 1.0]}
            name = name or type(model).__name__
            model, expected_clean_accuracy = exported.onnx, expected_clean_accuracy if exported.accuracy is None else exported.accuracy
        elif like is not None or check is not None:
            raise ValidationError("like and check are for a torch.nn.Module. For a file give expected_clean_accuracy.", path=["like" if like is not None else "check"])
        with ExitStack() as opened:
            file, size, file_name = _file_of(model, opened)
            request = self._input(name or Path(file_name).stem, details, spec)
            if expected_clean_accuracy:
                request.expected_clean_accuracy = expected_clean_accuracy
            with tqdm(desc=f"{request.name}: upload", total=size, unit="B", unit_scale=True, disable=None if progress else True, leave=False) as bar:
                request.upload_id = await self._operations.transport.upload(file, size, file_name, bar)
        return await self._submit(request, progress)

    async def connect(
        self,
        function: _function.Classifier,
        name: str | None = None,
        *,
        input_shape: Sequence[int],
        access: Literal["score", "decision"] = "score",
        outputs: Literal["logits", "probabilities"] | None = None,
        classes: int | Sequence[str] | None = None,
        layout: Literal["NHWC", "NCHW"] | None = None,
        normalize: tuple[Sequence[float], Sequence[float]] | None = None,
        batch_size: int = 64,
        timeout: float = 300.0,
        description: str | None = None,
        public: bool = False,
        version_of: AsyncModel | str | None = None,
        progress: bool = True,
    ) -> AsyncConnectedModel:
        """Connects a function or module of this program as a black box: it stays here, and the server asks it over a WebSocket that is opened from here.

        Args:
            function: Takes images as an array `[n, height, width, channels]` of float32 in [0, 1] and returns scores `[n, classes]` or labels `[n]`. It is called in
                a thread of its own, once at a time. A `torch.nn.Module` gets a tensor `[n, channels, height, width]`.
            name: Unique name. Default: that of the function, with a number.
            input_shape: Height, width and channels of an image.
            access: `"score"`: attacks see its scores; `"decision"`: only its labels.
            outputs: What scores are. Default: probabilities where rows of a trial add up to 1.
            classes: Number of classes or their names, where the function returns labels.
            layout: Where the function has the channels. Default: NHWC; NCHW for a module.
            normalize: Mean and standard deviation of each channel, which the server takes from pixels in [0, 1] before it sends them.
            batch_size: Most images of a call.
            timeout: Seconds that a call may take.
            public: Everyone with a token may evaluate it, on this machine. Default: you alone.
            version_of: A model of yours, or its name, whose next version it is; it has that name.

        Raises:
            ValidationError: The function returns neither scores nor labels.
            JobFailedError: The server cannot use what it returns.
        """
        if access not in ("score", "decision"):
            raise ValidationError(f"access is 'score' or 'decision', not {access!r}.", path=["access"])
        if len(input_shape) != 3:
            raise ValidationError(f"input_shape is height, width and channels of an image, not {tuple(input_shape)}.", path=["input_shape"])
        height, width, channels = (int(side) for side in input_shape)
        layout = layout or ("NCHW" if _torch.is_module(function) else "NHWC")
        shape = (channels, height, width) if layout == "NCHW" else (height, width, channels)
        count = classes if isinstance(classes, int) or classes is None else len(classes)
        model = _function.LocalModel(function, shape, access == "decision", outputs, count)
        spec: dict[str, Any] = {"input_shape": [height, width, channels], "class_count": model.class_count}
        if classes is not None and not isinstance(classes, int):
            spec["class_names"] = list(classes)
        if normalize is not None:
            spec |= {"mean": [float(value) for value in normalize[0]], "std": [float(value) for value in normalize[1]]}
        label = getattr(function, "__name__", type(function).__name__).strip("<>")
        details = {"description": description, "access": None, "visibility": "PUBLIC" if public else "PRIVATE"}
        if version_of is not None:
            details["version_of"] = version_of.id if isinstance(version_of, AsyncModel) else (await self.get(version_of)).id
        request = self._input(name or f"{label} {uuid.uuid4().hex[:8]}", details, spec)
        request.function = FunctionInput(
            answers=OutputKind(model.outputs.upper()),
            layout=ImageLayout("CHANNELS_FIRST" if layout == "NCHW" else "CHANNELS_LAST"),
            batch_size=batch_size,
            timeout_seconds=timeout,
        )
        payload = (await self._operations.submit_model(request)).submit_model
        if payload.typename__ != "SubmitModelSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        connected = _function.ConnectedFunction(self._operations.transport.settings, payload.model.id, shape, model)
        try:
            for pause in _function.until_ready(connected):
                await asyncio.sleep(pause)
            await self._jobs.wait({payload.job.id: f"{payload.model.name}: check"}, progress)
            return AsyncConnectedModel(self._operations, (await self.get(payload.model.id)).data, connected)
        except BaseException as error:
            connected.close()
            if connected.raised is not None and isinstance(error, GauntletError):
                raise error from connected.raised
            raise

    def _input(self, name: str, details: dict[str, Any], spec: dict[str, Any]) -> SubmitModelInput:
        request = SubmitModelInput(visibility=Visibility(details["visibility"]))
        if "version_of" in details:
            request.version_of = details["version_of"]
        else:
            request.name = name
        if details["description"] is not None:
            request.description = details["description"]
        if details["access"] is not None:
            request.access = ModelAccess(details["access"])
        known = {field: value for field, value in spec.items() if value is not None}
        if known:
            request.spec = ModelSpecInput.model_validate(known)
        return request

    async def _submit(self, request: SubmitModelInput, progress: bool) -> AsyncModel:
        payload = (await self._operations.submit_model(request)).submit_model
        if payload.typename__ != "SubmitModelSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        await self._jobs.wait({payload.job.id: f"{request.name}: check"}, progress)
        return await self.get(payload.model.id)


def similar(name: str, names: Sequence[str]) -> str:
    """`Did you mean …?`, or what there is."""
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return f"There are: {', '.join(names[:20])}." if names else "There are none."


def _file_of(model: Any, opened: ExitStack) -> tuple[IO[bytes], int, str]:
    """An open file of a model, its size and name. A folder is packed."""
    if isinstance(model, (bytes, bytearray)):
        return io.BytesIO(model), len(model), "model.onnx"
    if not isinstance(model, (str, os.PathLike)):
        raise TypeError(f"{type(model).__name__} is no model: give a torch.nn.Module, a path, bytes of an ONNX file, or the address of an endpoint.")
    path = Path(model)
    if path.is_file():
        return opened.enter_context(path.open("rb")), path.stat().st_size, path.name
    if not path.is_dir():
        raise FileNotFoundError(f"There is no file or folder at {path}.")
    packed = opened.enter_context(tempfile.TemporaryFile())
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for file in sorted(path.iterdir()):
            archive.add(file, file.name)
    return packed, packed.tell(), f"{path.name}.tar.gz"
