"""Modules of PyTorch: as files that the server can run, compared with what they were made of, and trained weights back into them."""

from __future__ import annotations

import contextlib
import io
import logging
import tarfile
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._api.fragments import SpecParts
from ._arrays import Array, images_of, labels_of
from ._extras import need
from .errors import ExportError, MissingExtraError, ValidationError

#: Largest difference of scores, relative to the largest score, that rounding explains. Sums of float32 in another order stay below it.
TOLERANCE = 1e-3
INPUT, OUTPUT = "image", "scores"
#: What files that the server wrote call their input.
WRITTEN_INPUT = "in:images"


@dataclass(frozen=True)
class Exported:
    """A module as a file."""

    onnx: bytes
    #: Height, width, channels of an image, in the data.
    input_shape: list[int]
    class_count: int
    mean: list[float] | None
    std: list[float] | None
    #: Largest difference of scores between the module and the file, relative to the largest score.
    difference: float
    #: Accuracy of the module on the images of `check`.
    accuracy: float | None


def is_module(value: object) -> bool:
    """Whether it is a `torch.nn.Module`; does not import PyTorch."""
    return any(f"{each.__module__}.{each.__qualname__}" == "torch.nn.modules.module.Module" for each in type(value).__mro__)


def export(module: Any, like: Any, normalize: tuple[Sequence[float], Sequence[float]] | None, check: tuple[Any, Any] | None) -> Exported:
    """A module as an ONNX file with any number of images at once, compared with the module.

    Args:
        module: Takes `[n, channels, height, width]` and returns scores `[n, classes]`.
        like: Images as in the data, from 0 to 1 before `normalize`, on which module and file are compared.
        normalize: Mean and standard deviation of each channel that the module expects to have been taken from its input.
        check: Images and labels on which the accuracy of the module is measured.

    Raises:
        ExportError: They differ; with the name of the layer.
    """
    torch = need("torch", "torch")
    need("onnxruntime", "torch")
    mean, std = _statistics(normalize)
    with as_it_was(module):
        module.eval()
        device = next((each.device for each in (*module.parameters(), *module.buffers())), torch.device("cpu"))
        pixels = images_of(like)
        values = _prepared(torch, pixels, mean, std)
        with torch.no_grad():
            scores = module(values.to(device))
        if not isinstance(scores, torch.Tensor) or scores.ndim != 2:
            shape = tuple(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
            raise ValidationError(f"The module returns {shape}; give one that returns scores of the shape [n, classes].")
        accuracy = None if check is None else _accuracy(torch, module, device, check, mean, std)
        module.to("cpu")
        try:
            onnx = _onnx(torch, module, values)
            difference = _compare(torch, module, onnx, values)
        finally:
            module.to(device)
    return Exported(onnx, list(pixels.shape[1:]), int(scores.shape[1]), mean, std, difference, accuracy)


def _statistics(normalize: tuple[Sequence[float], Sequence[float]] | None) -> tuple[list[float] | None, list[float] | None]:
    if normalize is None:
        return None, None
    mean, std = ([float(value) for value in np.ravel(np.asarray(each))] for each in normalize)
    return mean, std


def _prepared(torch: Any, pixels: Array, mean: list[float] | None, std: list[float] | None) -> Any:
    """Images as the module takes them."""
    values = pixels.astype(np.float32) / (255 if pixels.dtype == np.uint8 else 1)
    if mean is not None and std is not None:
        channels = values.shape[-1]
        if not {len(mean), len(std)} <= {1, channels}:
            raise ValidationError(f"normalize has {len(mean)} means and {len(std)} deviations for {channels} channels.", path=["normalize"])
        values = (values - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2), dtype=np.float32))


@contextlib.contextmanager
def as_it_was(module: Any) -> Iterator[None]:
    """Each part of the module is in the mode afterwards, training or evaluation, that it was in."""
    modes = {part: part.training for part in module.modules()}
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training


def _accuracy(torch: Any, module: Any, device: Any, check: tuple[Any, Any], mean: list[float] | None, std: list[float] | None) -> float:
    pixels = images_of(check[0])
    labels = labels_of(check[1], len(pixels))
    right = 0
    for i in range(0, len(pixels), 256):
        with torch.no_grad():
            scores = module(_prepared(torch, pixels[i : i + 256], mean, std).to(device))
        right += int((scores.argmax(1).cpu().numpy() == labels[i : i + 256]).sum())
    return right / max(1, len(pixels))


def _onnx(torch: Any, module: Any, values: Any) -> bytes:
    # A batch of one is a constant to the exporter, and so are sizes that are equal by chance.
    example = values if len(values) > 1 else torch.cat([values, values])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        # The last one says at its import that Triton is not there, which nothing here needs.
        for name in ("torch.onnx", "torch.utils.flop_counter"):
            logging.getLogger(name).setLevel(logging.ERROR)
        path = Path(folder) / "model.onnx"
        shapes = ({0: torch.export.Dim("n", min=1, max=4096)},)
        options = {"input_names": [INPUT], "output_names": [OUTPUT], "dynamic_shapes": shapes, "verbose": False, "external_data": False}
        # Optimised, batch norm is folded into the layer before it, and could not be trained any more.
        options["optimize"] = not any(isinstance(part, torch.nn.modules.batchnorm._BatchNorm) for part in module.modules())
        try:
            torch.onnx.export(module, (example,), str(path), dynamo=True, **options)
        except Exception as error:
            raise ExportError(
                f"PyTorch cannot write this module as an ONNX file: {str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__}.",
                hint="Write the file by yourself and submit its path.",
            ) from error
        return path.read_bytes()


def _run(onnx: bytes, values: Array) -> list[Array]:
    runtime = need("onnxruntime", "torch")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, {session.get_inputs()[0].name: values}))


def _apart(first: Array, second: Array) -> float:
    """Largest difference, relative to the largest value."""
    if first.shape != second.shape:
        return float("inf")
    scale = max(float(np.abs(first).max(initial=0.0)), 1e-6)
    gap = float(np.abs(first - second).max(initial=0.0)) / scale
    return gap if np.isfinite(gap) else float("inf")


def _compare(torch: Any, module: Any, onnx: bytes, values: Any) -> float:
    """Largest relative difference of scores. @raise ExportError with the layer where it is more than rounding."""
    with torch.no_grad():
        wanted = module(values).numpy()
    found = _run(onnx, values.numpy())[0]
    difference = _apart(wanted, found)
    if difference <= TOLERANCE:
        return difference
    layer = _first_different_layer(torch, module, onnx, values)
    where = f" The first layer that differs is {layer!r}." if layer else ""
    raise ExportError(
        f"The exported file and the module differ on `like`: their scores lie {difference:.2g} of the largest score apart.{where}",
        layer=layer,
        hint="Look for what runs otherwise when it is exported: control flow on values, random numbers, a branch on torch.compiler.is_exporting().",
    )


def _first_different_layer(torch: Any, module: Any, onnx: bytes, values: Any) -> str | None:
    """Name of the first layer whose output the file does not have, by the names of layers that the exporter writes beside its operators."""
    library = need("onnx", "torch")
    model = library.load_model_from_string(onnx)
    made: dict[str, list[str]] = {}
    for node in model.graph.node:
        scopes = next((each.value for each in node.metadata_props if each.key == "pkg.torch.onnx.name_scopes"), "")
        for name in _scopes(scopes):
            made.setdefault(name, []).extend(node.output)
    wanted: dict[str, Array] = {}

    def keep(name: str) -> Any:
        # A hook that returns something replaces the output.
        def hook(_part: Any, _input: Any, result: Any) -> None:
            if isinstance(result, torch.Tensor):
                wanted.setdefault(name, result.detach().numpy())

        return hook

    hooks = [part.register_forward_hook(keep(name)) for name, part in module.named_modules() if name]
    try:
        with torch.no_grad():
            module(values)
    finally:
        for hook in hooks:
            hook.remove()
    outputs = [tensor for name in wanted for tensor in made.get(name, [])]
    del model.graph.output[:]
    model.graph.output.extend(library.helper.make_empty_tensor_value_info(tensor) for tensor in dict.fromkeys(outputs))
    if not outputs:
        return None
    found = dict(zip(dict.fromkeys(outputs), _run(model.SerializeToString(), values.numpy())))
    for name, expected in wanted.items():
        tensors = [found[tensor] for tensor in made.get(name, []) if tensor in found]
        # Of the operators of a layer any may be its last; the exporter moves transpositions.
        if tensors and all(_apart(expected, tensor) > TOLERANCE for tensor in tensors):
            return name
    return None


def _scopes(text: str) -> list[str]:
    """Of `['', 'features', 'features.0', 'conv2d']` the names of layers."""
    return [part.strip().strip("'\"") for part in text.strip("[]").split(",")[1:-1]]


def load_weights(module: Any, onnx: bytes, spec: SpecParts) -> Any:
    """Puts the weights of a file into a module that has the same layers, and checks that both return the same scores.

    Raises:
        ExportError: The weights do not fit the module, or the scores differ.
    """
    torch = need("torch", "torch")
    library = need("onnx", "torch")
    model = library.load_model_from_string(onnx)
    weights = {each.name: library.numpy_helper.to_array(each) for each in model.graph.initializer}
    before = {name: value.clone() for name, value in module.state_dict().items()}
    try:
        module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in _matched(before, weights).items()}, strict=False)
        _check_weights(torch, module, onnx, spec)
    except Exception:
        module.load_state_dict(before)
        raise
    return module


def _matched(state: dict[str, Any], weights: dict[str, Array]) -> dict[str, Array]:
    """A weight for each tensor of a module: by its name, or else the next of its shape, in the order of the layers."""
    wanted = {name: tuple(value.shape) for name, value in state.items() if not name.endswith("num_batches_tracked")}
    if all(name in weights and weights[name].shape == shape for name, shape in wanted.items()):
        return {name: weights[name] for name in wanted}
    left = list(weights.items())
    matched: dict[str, Array] = {}
    for name, shape in wanted.items():
        if weights.get(name) is not None and weights[name].shape == shape:
            matched[name] = weights[name]
            left = [pair for pair in left if pair[0] != name]
            continue
        for i, (_, value) in enumerate(left):
            fitting = value if value.shape == shape else value.T if value.ndim == 2 and value.shape[::-1] == shape else None
            if fitting is not None:
                matched[name] = fitting
                del left[i]
                break
        else:
            raise ExportError(f"The trained model has no weight for {name!r} of the shape {list(shape)}.", layer=name.rpartition(".")[0] or name)
    return matched


def _check_weights(torch: Any, module: Any, onnx: bytes, spec: SpecParts) -> None:
    runtime = need("onnxruntime", "torch")
    session = runtime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    pixels = np.random.default_rng(0).random((entry.shape[0] if isinstance(entry.shape[0], int) else 4, *spec.input_shape), dtype=np.float32)
    # A file that the server wrote prepares pixels itself; one that was submitted takes what the module takes.
    prepared = _as_spec_says(pixels, spec).transpose(0, 3, 1, 2)
    found = session.run(None, {entry.name: pixels if entry.name == WRITTEN_INPUT else np.ascontiguousarray(prepared)})[0]
    with as_it_was(module), torch.no_grad():
        module.eval()
        device = next((each.device for each in module.parameters()), torch.device("cpu"))
        scores = module(torch.from_numpy(np.ascontiguousarray(prepared)).to(device)).cpu().numpy()
    gap = _apart(found, scores)
    if gap > TOLERANCE:
        raise ExportError(
            f"With the trained weights, the module's scores lie {gap:.2g} of the largest score from those of the trained model.",
            hint="Is it the module that was submitted?",
        )


def _as_spec_says(pixels: Array, spec: SpecParts) -> Array:
    """Pixels in [0, 1] as the model takes them."""
    low, high = spec.value_range
    values = pixels[..., ::-1] if spec.channel_order.value == "BGR" else pixels
    values = np.asarray(values * np.float32(high - low) + np.float32(low))
    if spec.mean is not None:
        values = values - np.asarray(spec.mean, np.float32)
    if spec.std is not None:
        values = values / np.asarray(spec.std, np.float32)
    return np.asarray(values, dtype=np.float32)


def submitted_graph(file: bytes) -> bytes | None:
    """The ONNX graph in a file of the server's store, which is one or an archive of it; None where it is in another format."""
    if tarfile.is_tarfile(io.BytesIO(file)):
        with tarfile.open(fileobj=io.BytesIO(file)) as archive:
            member = next((each for each in archive.getmembers() if each.name.endswith(".onnx")), None)
            opened = archive.extractfile(member) if member else None
            return opened.read() if opened else None
    try:
        need("onnx", "torch").load_model_from_string(file)
    except MissingExtraError:
        raise
    except Exception:
        return None
    return file
