"""What the networks of every exporter have in common: images, the folder of one network, and the line that describes it.

Images are `[n, height, width, channels]`, pixels as fractions of the range in [0, 1], and whole levels of 8 bits.
"""

import json
import os
import shutil
import traceback
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

CLASSES = 10
EPSILON = 8 / 255
# How many images of a shape are compared.
COUNTS = {(28, 28, 1): 20, (32, 32, 3): 20, (224, 224, 3): 4}

# Exporters print to standard output, which is for the lines.
LINES = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


@dataclass
class Settings:
    out: Path
    only: str | None = None
    short: bool = False
    # Which share of the networks, from 1, of how many.
    shard: tuple[int, int] = (1, 1)
    names: set = field(default_factory=set)


settings = Settings(Path("."))


def images(shape, count=None):
    """Always the same: a few waves and some noise, as 8 bits hold them."""
    count = count or COUNTS.get(tuple(shape), 4)
    random = np.random.default_rng([7, *shape])
    height, width, channels = shape
    rows, columns = np.mgrid[0:height, 0:width] / max(height, width)
    pictures = np.empty((count, *shape), np.float64)
    for picture in pictures:
        for channel in range(channels):
            wave = sum(
                random.uniform(0.2, 1)
                * np.sin(2 * np.pi * (random.uniform(-4, 4) * rows + random.uniform(-4, 4) * columns + random.uniform()))
                for _ in range(4)
            )
            picture[..., channel] = 0.5 + 0.2 * wave + random.normal(0, 0.05, (height, width))
    return (np.round(np.clip(pictures, 0, 1) * 255) / 255).astype(np.float32)


def labels(count):
    return np.arange(count) % CLASSES


def decided(scores):
    """The class, or -1 where rounding decides between the first two. @param scores `[classes]`."""
    second, first = np.sort(scores)[-2:]
    return int(np.argmax(scores)) if first - second > 1e-2 * np.abs(scores).max() else -1


def fgsm_class(image, gradient, rounding, scores_of):
    """The class after FGSM, or -1 where rounding decides: of the first two classes, or because gradients that rounding leaves no sign of (of a dead ReLU, of a vector
    that has one value and is normalised) move pixels by all of the budget.

    @param rounding how far rounding takes any value of the gradient. @param scores_of the scores `[classes]` of an image.
    """
    sign = np.sign(gradient)
    # Sums of thousands of float32 keep some 17 of their 24 bits.
    unsure = np.abs(gradient) <= max(4 * rounding, 1e-5 * np.abs(gradient).max())
    moves = [sign, *(np.where(unsure, other, sign) for other in (0, *random_signs(image.shape)))]
    classes = {decided(scores_of(np.clip(image + EPSILON * move, 0, 1).astype(np.float32))) for move in moves}
    return classes.pop() if len(classes) == 1 else -1


def random_signs(shape):
    """-1, 0 or 1 for each value, drawn for squares of a few sizes: rounding moves the neighbours that one unit sees by the same sign, which moves a score further."""
    random = np.random.default_rng(7)
    height, width, channels = shape
    for side in (1, 2, 4, 8) * 4:
        squares = random.integers(-1, 2, (-(-height // side), -(-width // side), channels))
        yield np.kron(squares, np.ones((side, side, 1), int))[:height, :width]


def write_datasets(folder):
    """The images as data sets that a server reads: Fashion-MNIST's files, CIFAR-10's and folders of pictures."""
    from PIL import Image

    def levels(shape):
        return np.round(images(shape) * 255).astype(np.uint8)

    grey = levels((28, 28, 1))
    os.makedirs(folder / "fashion-mnist", exist_ok=True)
    header = np.array([0x803, len(grey), 28, 28], ">u4").tobytes()
    (folder / "fashion-mnist/t10k-images-idx3-ubyte").write_bytes(header + grey.tobytes())
    header = np.array([0x801, len(grey)], ">u4").tobytes()
    (folder / "fashion-mnist/t10k-labels-idx1-ubyte").write_bytes(header + labels(len(grey)).astype(np.uint8).tobytes())

    colour = levels((32, 32, 3))
    os.makedirs(folder / "cifar10", exist_ok=True)
    records = [bytes([label]) + picture.transpose(2, 0, 1).tobytes() for label, picture in zip(labels(len(colour)), colour)]
    (folder / "cifar10/test_batch.bin").write_bytes(b"".join(records))

    large = levels((224, 224, 3))
    for label in range(CLASSES):
        os.makedirs(folder / f"imagenet/val/{label}", exist_ok=True)
    for label, picture in zip(labels(len(large)), large):
        # The server takes the middle 224 of 256 pixels.
        Image.fromarray(np.pad(picture, ((16, 16), (16, 16), (0, 0)))).save(folder / f"imagenet/val/{label}/picture.png")


def network(name):
    """The folder of a network, or None where it is not asked for."""
    if settings.only is not None and not any(part in name for part in settings.only.split(",")):
        return None
    index, count = settings.shard
    if zlib.crc32(name.encode()) % count != index - 1:
        return None
    if name in settings.names:
        raise ValueError(f"There are two networks {name}.")
    settings.names.add(name)
    folder = settings.out / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "model").mkdir(parents=True)
    return folder


def attempt(name, exporter, make):
    """Calls `make(folder)`, which ends in `describe`; a network that its exporter refuses is said to be one."""
    folder = network(name)
    if folder is None:
        return
    try:
        make(folder)
    except Exception as error:  # noqa: BLE001 -- exporters raise whatever they like
        traceback.print_exc()
        message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        line({"name": name, "exporter": exporter, "failed": message})
        shutil.rmtree(folder, ignore_errors=True)


def line(record):
    LINES.write(json.dumps(record) + "\n")
    LINES.flush()


def write(folder, name, values):
    np.ascontiguousarray(values, np.float32).tofile(folder / f"{name}.f32")


def run_file(folder, feed, output=None, optimised=False):
    """Scores of the `.onnx` file by onnxruntime, operator by operator, or as onnxruntime optimises it. @param feed arrays of the inputs, one for each image, in order. @param output name of the scores; default: the first."""
    (path,) = (folder / "model").glob("*.onnx")
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    first = session.get_inputs()[0].name
    rows = []
    for image in feed:
        (scores,) = session.run([output or session.get_outputs()[0].name], {first: image[None]})
        rows.append(np.asarray(scores).reshape(-1))
    return np.stack(rows)


def describe(
    folder,
    exporter,
    shape,
    scores,
    twin=None,
    gradient=None,
    rounding=0.0,
    score_rounding=0.0,
    fgsm=None,
    output="LOGITS",
    precision="SINGLE",
    spec=None,
    options=None,
):
    """Writes what is known of a network and its line.

    @param scores of the file for the images, `[n, classes]`. @param twin scores of the framework for the same images. @param gradient of the cross entropy by the pixels, for the first images.
    @param rounding how far the framework's own gradients are from double precision. @param score_rounding how far the file's own scores are from themselves, rounded otherwise. @param fgsm classes that the framework has for the images that FGSM makes, -1: rounding decides. @param spec and options of the submission. Fails where the exporter changed the network.
    """
    pixels = images(shape)
    write(folder, "images", pixels)
    write(folder, "scores", scores)
    # Beyond rounding, or beyond what 8 bits leave.
    tolerance = {"SINGLE": 1e-3, "HALF": 2e-2, "QUANTISED": np.inf}[precision]
    known = {"scoreRounding": score_rounding}
    if twin is not None:
        difference = known["exporterDifference"] = float(np.abs(twin - scores).max() / max(np.abs(scores).max(), 1e-30))
        if not difference <= tolerance:
            raise ValueError(f"The file has scores that are {difference:.2g} of the largest away from the framework's.")
    if gradient is not None:
        write(folder, "gradient", gradient)
        known["gradientCount"] = len(gradient)
        known["rounding"] = rounding
        if fgsm is not None:
            known["fgsm"] = [int(c) for c in fgsm]
    file = pack(folder)
    line(
        {
            "name": folder.name,
            "exporter": exporter,
            "folder": str(folder),
            "file": str(file),
            "inputShape": list(shape),
            "count": len(pixels),
            "classCount": int(scores.shape[1]),
            "labels": [int(label) for label in labels(len(pixels)) % scores.shape[1]],
            "output": output,
            "precision": precision,
            "spec": {"inputShape": list(shape), **(spec or {})},
            "options": options or {},
            **known,
        }
    )


def pack(folder):
    """The file to upload: a single `.onnx` as it is, more files as a zip."""
    files = sorted(path for path in (folder / "model").rglob("*") if path.is_file())
    if len(files) == 1 and files[0].suffix == ".onnx":
        return files[0]
    archive = folder / "model.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in files:
            target.write(path, path.relative_to(folder / "model"))
    return archive
