"""Models of the Hugging Face Hub: `gauntlet.hub.submit(g, "org/model")` submits the ONNX file of a repository, with what its model card says."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._extras import need
from ._sync.client import Gauntlet
from ._sync.models import Model
from .errors import ForbiddenError, NotFoundError, UnreachableError, ValidationError

log = logging.getLogger("gauntlet")

#: Where exporters put the file, the first one first.
USUAL = ("model.onnx", "onnx/model.onnx")
#: Endings of files with the weights of an ONNX file: `model.onnx_data`, `model.onnx.data`.
WEIGHTS = re.compile(r"[._-]?(external_)?data([._-]?\d+)?")
#: Characters of a description.
LONGEST_DESCRIPTION = 2000
#: What `ModelCardInput` has from the metadata of a card.
LICENCES = ("license", "license_name")


def submit(
    g: Gauntlet,
    repository: str,
    *,
    file: str | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
    name: str | None = None,
    **options: Any,
) -> Model:
    """Submits the ONNX file of a repository of the Hub, and waits until the server has checked it.

    What the repository says of images, as `preprocessor_config.json` has it, is taken where `options` do not say it: mean, standard deviation and size. So are
    names of classes, from `config.json`. The description names the repository and the commit.

    Args:
        g: A connection to a server.
        repository: Such as `"org/model"`.
        file: Path of the file in it. Default: `model.onnx`, `onnx/model.onnx`, or the only ONNX file.
        revision: Branch, tag or commit. Default: the main branch.
        token: Token of the Hub, for repositories that are not public. Default: that of `hf auth login`.
        name: Name of the model. Default: that of the repository.
        options: What `g.models.submit` takes.

    Raises:
        ValidationError: The repository has no ONNX file, or several.
        NotFoundError: There is no such repository, or no such revision of it.
        ForbiddenError: The Hub wants a token, or that its user accepts the conditions of the repository.
        UnreachableError: The Hub does not answer.
        MissingExtraError: The extra `hub` is not installed.
    """
    hub = need("huggingface_hub", "hub")
    with _errors_of_the_hub(repository, revision):
        about = hub.HfApi(token=token).model_info(repository, revision=revision)
    files = [each.rfilename for each in about.siblings or []]

    def fetched(path: str) -> Path:
        with _errors_of_the_hub(repository, revision):
            return Path(hub.hf_hub_download(repository, path, revision=about.sha, token=token))

    chosen = file or _onnx_file(repository, files)
    if chosen not in files:
        raise ValidationError(f"The repository {repository} has no file {chosen}.", path=["file"])
    for more in files:
        # Weights that lie beside the file, as ONNX keeps those of more than 2 GB.
        if more.startswith(chosen) and WEIGHTS.fullmatch(more.removeprefix(chosen)):
            raise ValidationError(f"The weights of {chosen} are in a file of their own ({more}), which submit does not send. Save them in one file: onnx.save(…).")
    path = fetched(chosen)
    known = {key: _read(fetched(key)) for key in ("preprocessor_config.json", "config.json") if key in files}
    given = {**_preparation(known.get("preprocessor_config.json", {})), **_classes(known.get("config.json", {})), **options}
    given.setdefault("description", _description(repository, chosen, about))
    return g.models.submit(path, name or repository.split("/")[-1], **given)


@contextmanager
def _errors_of_the_hub(repository: str, revision: str | None) -> Iterator[None]:
    """Errors of the Hub's library as those of this package."""
    try:
        yield
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        status = getattr(getattr(error, "response", None), "status_code", None)
        if "GatedRepoError" in kinds or status in (401, 403):
            raise ForbiddenError(
                f"The Hub does not show {repository} to you.", hint="Accept its conditions on its page, and give token=… of a user who may read it, or run `hf auth login`."
            ) from error
        if "RevisionNotFoundError" in kinds:
            raise NotFoundError(f"The repository {repository} has no revision {revision!r}.", path=["revision"]) from error
        if "RepositoryNotFoundError" in kinds:
            raise NotFoundError(
                f"There is no repository {repository!r} on the Hub, or it is private.", path=["repository"], hint="Of a private one give token=…, or run `hf auth login`."
            ) from error
        if "HFValidationError" in kinds:
            raise ValidationError(f"{repository!r} is no repository of the Hub: give its name, such as 'org/model'.", path=["repository"]) from error
        if type(error).__module__.split(".")[0] in ("huggingface_hub", "httpx", "requests"):
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnreachableError(
                f"The Hub does not answer about {repository} ({reason}).", hint="Try again later; HF_ENDPOINT and the proxies of the environment say where the Hub is looked for."
            ) from error
        raise


def _read(path: Path) -> dict[str, Any]:
    """What a file of settings says; nothing where it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    log.warning("%s of the repository is not read: it holds no JSON object", path.name)
    return {}


def _onnx_file(repository: str, files: list[str]) -> str:
    for usual in USUAL:
        if usual in files:
            return usual
    found = [each for each in files if each.endswith(".onnx")]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValidationError(f"The repository {repository} has several ONNX files: give file=…, one of {', '.join(found[:10])}.", path=["file"])
    raise ValidationError(f"The repository {repository} has no ONNX file. Load the model with PyTorch and submit the module: g.models.submit(module, like=…).", path=["repository"])


def _preparation(config: dict[str, Any]) -> dict[str, Any]:
    """How pixels are prepared, as `transformers` writes it."""
    mean, std = config.get("image_mean"), config.get("image_std")
    if not config.get("do_normalize", True) or mean is None or std is None:
        return {}
    if abs(float(config.get("rescale_factor", 1 / 255)) - 1 / 255) > 1e-6:
        return {}
    # Of images of one channel some write a number.
    return {"normalize": tuple(each if isinstance(each, list) else [each] for each in (mean, std))}


def _classes(config: dict[str, Any]) -> dict[str, Any]:
    labels = config.get("id2label") or {}
    numbers = [str(i) for i in range(len(labels))]
    if not isinstance(labels, dict) or set(labels) != set(numbers):
        return {}
    names = [str(labels[number]) for number in numbers]
    return {"classes": names} if names and len(set(names)) == len(names) else {}


def _description(repository: str, file: str, about: Any) -> str:
    card = about.card_data.to_dict() if about.card_data else {}
    facts = [f"{file} of https://huggingface.co/{repository} at commit {about.sha}."]
    licence = next((card[key] for key in LICENCES if card.get(key)), None)
    if licence:
        facts.append(f"Licence: {licence}.")
    if card.get("datasets"):
        facts.append(f"Data sets: {', '.join(map(str, card['datasets'] if isinstance(card['datasets'], list) else [card['datasets']]))}.")
    return " ".join(facts)[:LONGEST_DESCRIPTION]
