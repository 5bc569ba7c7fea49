"""A connection to a Gauntlet server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal, Union

from .. import _catalogue, _comparison, _function
from .._api.enums import AttackKindName, Judging, Norm
from .._api.fragments import EvaluationParts
from .._api.input_types import (
    CompareModelsInput,
    ImportImagesInput,
    LeaderboardInput,
    RobustnessCurveInput,
    StartEvaluationInput,
    StartTrainingInput,
    StartTransferInput,
    WorstCaseInput,
)
from .._arrays import images_file
from .._settings import Settings
from .._values import Attack, Magnitude, Optimizer, Schedule, Scheme, plain
from ..errors import GauntletError, NotFoundError, ValidationError
from .._tables import attack_title, model_title
from .benchmarks import AsyncBenchmark
from .datasets import AsyncDataset, AsyncDatasets
from .jobs import AsyncJobs
from .models import AsyncConnectedModel, AsyncModel, AsyncModels
from .operations import AsyncOperations
from .results import AsyncEvaluation, AsyncResults, AsyncTransfer
from .training import AsyncTrainingRun
from .transport import AsyncTransport

Attacks = Sequence["str | Attack"]
#: A model of the server, or a function or module of this program.
Evaluated = Union[AsyncModel, str, _function.Classifier]


class AsyncGauntlet:
    """A connection to a Gauntlet server. Close it, or use it in a `with` statement.

    Attributes:
        models: Models of the server: submit, get, list.
        datasets: Data sets of the server: upload, get, list.
        jobs: Jobs of the server: wait, cancel.
    """

    def __init__(self, settings: Settings, on_close: Callable[[], None] | None = None) -> None:
        self.settings = settings
        self._transport = AsyncTransport(settings)
        self._operations = AsyncOperations(self._transport)
        self._on_close = on_close
        self.jobs = AsyncJobs(self._operations)
        self.models = AsyncModels(self._operations, self.jobs)
        self.datasets = AsyncDatasets(self._operations, self.jobs)

    @property
    def url(self) -> str:
        """Address of the server, which is its dashboard in a browser."""
        return self.settings.url

    async def aclose(self) -> None:
        """Ends the connection, and the server where `gauntlet.serve()` has started it."""
        await self._transport.aclose()
        if self._on_close is not None:
            self._on_close()

    async def __aenter__(self) -> AsyncGauntlet:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<Gauntlet {self.url}>"

    async def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """Data of any GraphQL operation. Errors are exceptions here too."""
        return await self._transport.graphql(document, {name: plain(value) for name, value in variables.items()})

    async def evaluate(
        self,
        model: Evaluated | Sequence[Evaluated],
        data: AsyncDataset | str,
        attacks: str | Attack | Attacks,
        eps: Magnitude | Sequence[Magnitude] = (),
        n: int | None = None,
        *,
        offset: int = 0,
        seed: int = 0,
        judging: Literal["STORED", "FLOAT"] | None = None,
        keep_images: bool = False,
        predictions: int = 1,
        progress: bool = True,
        access: Literal["score", "decision"] | None = None,
        **function: Any,
    ) -> AsyncResults:
        """Attacks models, and waits for the results.

        Args:
            model: A model or several, or their names; or a function or module of this program, which stays here: give `access` then.
            data: A data set, or its name.
            attacks: Names such as `"fgsm"`, or functions of `gauntlet.attacks` with parameters: `gauntlet.attacks.pgd(steps=40)`.
            eps: Budgets of attacks that take one and do not have theirs, each a share of the pixel range: `"8/255"` or 0.03.
            n: Number of images. Default: 1000, or all that there are.
            offset: First image.
            seed: Seed of everything random.
            judging: What success is decided on: images as stored in 8 bits, or as floats, as papers do.
            keep_images: Keep the adversarial images.
            predictions: Predictions whose majority decides on a class; for models that are random.
            progress: Show a bar for each attack.
            access: Of a function: `"score"` shows attacks its scores, `"decision"` its labels alone.
            function: What else `models.connect` takes, such as `normalize`.

        Raises:
            JobFailedError, JobCancelledError: An evaluation did not succeed.
        """
        with ExitStack() as opened:
            models = await self._connected(model, data, access, {"progress": progress, **function}, opened)
            try:
                started = await self.start_evaluation(
                    models, data, attacks, eps, n, offset=offset, seed=seed, judging=judging, keep_images=keep_images, predictions=predictions
                )
            except GauntletError:
                # Without results nobody needs the models that functions became.
                for each in models:
                    if isinstance(each, AsyncConnectedModel):
                        await each.delete()
                raise
            try:
                return await self.wait(started, progress=progress)
            except GauntletError as error:
                raised = next((each.raised for each in models if isinstance(each, AsyncConnectedModel) and each.raised is not None), None)
                if raised is not None:
                    raise error from raised
                raise

    async def _connected(
        self, model: Evaluated | Sequence[Evaluated], data: AsyncDataset | str, access: Literal["score", "decision"] | None, function: dict[str, Any], opened: ExitStack
    ) -> list[AsyncModel | str]:
        """Models, of which those that are functions are connected until `opened` is closed."""
        several = list(model) if isinstance(model, Sequence) and not isinstance(model, str) else [model]
        functions = [each for each in several if _function.is_function(each)]
        if not functions and (access is not None or len(function) > 1):
            raise TypeError("access and what models.connect takes are for a function or module of this program, not for a model of the server.")
        if functions and access is None:
            raise ValidationError("For a function or module give access='score' or access='decision'; or submit it, for attacks that need gradients.", path=["access"])
        found: list[AsyncModel | str] = []
        for each in several:
            if not _function.is_function(each):
                found.append(each)  # type: ignore[arg-type]
                continue
            dataset = data if isinstance(data, AsyncDataset) else await self.datasets.get(data)
            options: dict[str, Any] = {"input_shape": dataset.data.image_shape, "access": access, **function}
            if access == "decision":
                options.setdefault("classes", len(dataset.data.class_names))
            found.append(opened.enter_context(await self.models.connect(each, **options)))  # type: ignore[arg-type]
        return found

    async def start_evaluation(
        self,
        model: AsyncModel | str | Sequence[AsyncModel | str],
        data: AsyncDataset | str,
        attacks: str | Attack | Attacks,
        eps: Magnitude | Sequence[Magnitude] = (),
        n: int | None = None,
        *,
        offset: int = 0,
        seed: int = 0,
        judging: Literal["STORED", "FLOAT"] | None = None,
        keep_images: bool = False,
        predictions: int = 1,
    ) -> AsyncResults:
        """The same, without waiting: `wait` does it."""
        request = StartEvaluationInput(
            model_ids=await self._model_ids(model),
            dataset_id=await self._dataset_id(data),
            attacks=_catalogue.inputs(attacks, eps),
            sample_count=n,
            offset=offset,
            seed=seed,
            judging=Judging(judging) if judging else None,
            keep_images=keep_images,
            predictions=predictions,
        )
        payload = (await self._operations.start_evaluation(request)).start_evaluation
        if payload.typename__ != "StartEvaluationSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        return AsyncResults(self._operations, list(payload.evaluations))

    async def wait(self, results: AsyncResults, *, progress: bool = True) -> AsyncResults:
        """Waits for evaluations that were started. @return them with their results."""
        several = len({row.model.id for row in results.data}) > 1
        titles = {row.job.id: f"{model_title(row.model)} {attack_title(row.attack)}" if several else attack_title(row.attack) for row in results.data}
        await self.jobs.wait(titles, progress)
        return AsyncResults(self._operations, [await self._evaluation(row.id) for row in results.data])

    async def evaluation(self, evaluation_id: str) -> AsyncEvaluation:
        """An evaluation by its id, which is in the address of its page. @raise NotFoundError"""
        return AsyncEvaluation(self._operations, await self._evaluation(evaluation_id))

    async def results(self, first: int = 20) -> AsyncResults:
        """Evaluations, the newest first."""
        return AsyncResults(self._operations, list((await self._operations.evaluations(first=first)).evaluations.nodes))

    async def import_images(
        self,
        model: AsyncModel | str | Sequence[AsyncModel | str],
        data: AsyncDataset | str,
        images: Any,
        eps: Magnitude | None = None,
        *,
        norm: Literal["LINF", "L2", "L1", "L0"] = "LINF",
        offset: int = 0,
        layout: Literal["NHWC", "NCHW"] | None = None,
        judging: Literal["STORED", "FLOAT"] | None = None,
        predictions: int = 1,
        progress: bool = True,
    ) -> AsyncResults:
        """Evaluates models on adversarial images that another tool made, such as torchattacks, Foolbox or ART.

        Args:
            model: A model or several, or their names.
            data: The data set that the images were made of.
            images: Images of consecutive examples, as an array or tensor: numbers in [0, 1], or bytes.
            eps: Budget that they are to keep, which is checked. Default: none.
            norm: Norm of the budget.
            offset: First image in the data set.
            layout: Where the channels are, if the shape does not say it.
            judging: What success is decided on: images as stored in 8 bits, or as floats.
            predictions: Predictions whose majority decides on a class; for models that are random.
            progress: Show bars.
        """
        with images_file(images, layout) as (file, size):
            upload_id = await self._operations.transport.upload(file, size, "images.npz")
        request = ImportImagesInput(
            model_ids=await self._model_ids(model),
            dataset_id=await self._dataset_id(data),
            upload_id=upload_id,
            norm=Norm(norm),
            offset=offset,
            predictions=predictions,
            judging=Judging(judging) if judging else None,
            epsilon=plain(eps),
        )
        payload = (await self._operations.import_images(request)).import_images
        if payload.typename__ != "StartEvaluationSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        return await self.wait(AsyncResults(self._operations, list(payload.evaluations)), progress=progress)

    async def benchmark(self, name_or_id: str) -> AsyncBenchmark:
        """A benchmark of the server by its name, which is its newest version, or by its id. @raise NotFoundError"""
        found = (await self._operations.benchmark(name=name_or_id)).benchmark or (await self._operations.benchmark(id=name_or_id)).benchmark
        if found is None:
            raise NotFoundError(f"There is no benchmark {name_or_id!r}.")
        return AsyncBenchmark(self._operations, self.models, self.jobs, found)

    async def transfer(
        self,
        sources: AsyncModel | str | Sequence[AsyncModel | str],
        targets: AsyncModel | str | Sequence[AsyncModel | str],
        data: AsyncDataset | str,
        attacks: str | Attack | Attacks,
        eps: Magnitude | Sequence[Magnitude] = (),
        n: int | None = None,
        *,
        offset: int = 0,
        seed: int = 0,
        progress: bool = True,
    ) -> AsyncTransfer:
        """How many of the images that fool the sources fool the targets. Arguments as of `evaluate`."""
        request = StartTransferInput(
            source_ids=await self._model_ids(sources),
            target_ids=await self._model_ids(targets),
            dataset_id=await self._dataset_id(data),
            attacks=_catalogue.inputs(attacks, eps),
            sample_count=n,
            offset=offset,
            seed=seed,
        )
        payload = (await self._operations.start_transfer(request)).start_transfer
        if payload.typename__ != "StartTransferSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        started = payload.transfer
        titles = {row.job.id: f"{model_title(row.model)} {attack_title(row.attack)}" for row in started.evaluations}
        await self.jobs.wait({**titles, started.job.id: "transfer"}, progress)
        finished = (await self._operations.transfer(started.id)).transfer
        if finished is None:
            raise NotFoundError("The transfer was deleted.")
        return AsyncTransfer(self._operations, finished)

    async def train(
        self,
        base: AsyncModel | str | dict[str, Any],
        data: AsyncDataset | str,
        scheme: str | Scheme,
        *,
        name: str,
        optimizer: str | Optimizer = "adam",
        schedule: str | Schedule = "constant",
        epochs: int | None = None,
        steps: int | None = None,
        batch_size: int = 32,
        seed: int = 0,
        extra: Mapping[str, float] | None = None,
        progress: bool = True,
        **options: Any,
    ) -> AsyncTrainingRun:
        """Trains a model, and waits until it is trained.

        Args:
            base: A model whose weights are trained further, or a built-in architecture with random weights: `{"name": "mnist-cnn"}`.
            data: Images to train on: a data set, or its name.
            scheme: A name such as `"standard"`, or a function of `gauntlet.training` with parameters: `gauntlet.training.algorithm1(lambda_=0.3)`.
            name: Name of the trained model.
            optimizer: A name, or `gauntlet.training.optimizer_adam(…)`.
            schedule: A name, or `gauntlet.training.schedule_cosine(…)`.
            epochs: Passes over the images; or give `steps`.
            steps: Steps of training.
            batch_size: Images of a step.
            seed: Seed of everything random.
            extra: Names of further data sets, with the share of each minibatch that is of them: `{"generated": 0.7}`.
            options: What else `StartTrainingInput` has, such as `interval=500`, `warm_up_steps=100`, `augmentation={"mirror": True, "shift": 4}`.
        """
        source: dict[str, Any] = {"architecture": base} if isinstance(base, dict) else {"model_id": await self._model_id(base)}
        request = StartTrainingInput.model_validate(
            {
                **source,
                "dataset_id": await self._dataset_id(data),
                "extra_datasets": [
                    {"dataset_id": await self._dataset_id(one), "fraction": fraction} for one, fraction in (extra or {}).items()
                ],
                "scheme": _catalogue.scheme(scheme),
                "optimizer": _catalogue.optimizer(optimizer),
                "schedule": _catalogue.schedule(schedule),
                "name": name,
                "batch_size": batch_size,
                "seed": seed,
                **{key: value for key, value in {"epochs": epochs, "steps": steps, **options}.items() if value is not None},
            }
        )
        payload = (await self._operations.start_training(request)).start_training
        if payload.typename__ != "StartTrainingSuccess":
            raise GauntletError(f"The server answered {payload.typename__}.")
        run = AsyncTrainingRun(self._operations, payload.training_run)
        await self.jobs.wait({run.data.job.id: f"{name} {run.data.scheme}"}, progress)
        return await self.training_run(run.id)

    async def training_run(self, run_id: str) -> AsyncTrainingRun:
        """A training run by its id. @raise NotFoundError"""
        found = (await self._operations.training_run(run_id)).training_run
        if found is None:
            raise NotFoundError(f"There is no training run {run_id!r}.")
        return AsyncTrainingRun(self._operations, found)

    async def leaderboard(
        self,
        data: AsyncDataset | str,
        eps: Magnitude,
        norm: Literal["LINF", "L2", "L1", "L0"] = "LINF",
        *,
        attacks: Attacks | None = None,
        n: int | None = None,
        offset: int | None = None,
        first: int = 50,
    ) -> _comparison.Leaderboard:
        """Models by their accuracy under the worst of the attacks with a budget."""
        request = LeaderboardInput(
            dataset_id=await self._dataset_id(data),
            epsilon=plain(eps),
            norm=Norm(norm),
            attack_kinds=[AttackKindName(kind) for kind in _catalogue.kinds(attacks)] if attacks else None,
            sample_count=n,
            offset=offset,
        )
        return _comparison.Leaderboard((await self._operations.leaderboard(request, first=first)).leaderboard)

    async def compare(
        self,
        *models: AsyncModel | str,
        data: AsyncDataset | str,
        attack: str | None = None,
        eps: Magnitude | None = None,
        n: int | None = None,
        offset: int | None = None,
        evaluations: Sequence[str] | None = None,
    ) -> _comparison.Comparison:
        """Models in pairs on the same images: difference of accuracy with its interval, and McNemar's test. Without an attack, on the original images.

        The evaluations must have been made before. Of each model the newest counts, or that among `evaluations`, which are ids.
        """
        request = CompareModelsInput(
            model_ids=[await self._model_id(model) for model in models],
            dataset_id=await self._dataset_id(data),
            attack_kind=AttackKindName(_catalogue.kinds([attack])[0]) if attack else None,
            epsilon=plain(eps),
            sample_count=n,
            offset=offset,
            evaluation_ids=list(evaluations) if evaluations is not None else None,
        )
        return _comparison.Comparison((await self._operations.compare_models(request)).compare_models)

    async def curve(
        self, models: AsyncModel | str | Sequence[AsyncModel | str], data: AsyncDataset | str, attack: str, n: int | None = None
    ) -> _comparison.Curve:
        """Accuracy of models against the budget of an attack, from evaluations that were made before."""
        request = RobustnessCurveInput(
            model_ids=await self._model_ids(models),
            dataset_id=await self._dataset_id(data),
            attack_kind=AttackKindName(_catalogue.kinds([attack])[0]),
            sample_count=n,
        )
        return _comparison.Curve((await self._operations.robustness_curve(request)).robustness_curve)

    async def worst_case(
        self, model: AsyncModel | str, data: AsyncDataset | str, n: int | None = None, *, evaluations: Sequence[str] | None = None
    ) -> _comparison.WorstCase | None:
        """Each image under the attack that the model withstands least, from evaluations that were made before, or those of these ids; None where there are none."""
        request = WorstCaseInput(
            model_id=await self._model_id(model),
            dataset_id=await self._dataset_id(data),
            sample_count=n,
            evaluation_ids=list(evaluations) if evaluations is not None else None,
        )
        found = (await self._operations.worst_case(request)).worst_case
        return None if found is None else _comparison.WorstCase(found)

    async def _evaluation(self, evaluation_id: str) -> EvaluationParts:
        found = (await self._operations.evaluation(evaluation_id)).evaluation
        if found is None:
            raise NotFoundError(f"There is no evaluation {evaluation_id!r}: was it deleted?")
        return found

    async def _model_ids(self, models: AsyncModel | str | Sequence[AsyncModel | str]) -> list[str]:
        several = [models] if isinstance(models, (str, AsyncModel)) else models
        return [await self._model_id(model) for model in several]

    async def _model_id(self, model: AsyncModel | str) -> str:
        return model.id if isinstance(model, AsyncModel) else (await self.models.get(model)).id

    async def _dataset_id(self, dataset: AsyncDataset | str) -> str:
        return dataset.id if isinstance(dataset, AsyncDataset) else (await self.datasets.get(dataset)).id
