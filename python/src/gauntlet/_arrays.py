"""Images and labels, wherever they come from, as one file that the server reads."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from .errors import ValidationError

Array = npt.NDArray[Any]

#: Endings of pictures in a folder.
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
#: Numbers of channels, the usual ones first: a side of 4 pixels is taken for channels only where nothing else can be.
CHANNELS = ((1, 3), (4,))
#: How far pixels may lie outside [0, 1]: sums of other tools round there.
ROUNDING = 1e-6


def images_of(x: Any, layout: str | None = None) -> Array:
    """Images as `[n, height, width, channels]`: `uint8`, or `float32` in [0, 1].

    Args:
        x: `[n, height, width]`, `[n, height, width, channels]` or `[n, channels, height, width]`; a NumPy array, a tensor, or what `np.asarray` takes.
        layout: `NHWC` or `NCHW`, where the shape does not say it.
    """
    if layout not in (None, "NHWC", "NCHW"):
        raise ValidationError(f"layout is 'NHWC' or 'NCHW', not {layout!r}.")
    values = np.asarray(_on_cpu(x))
    if values.ndim == 3:
        values, layout = values[..., None], "NHWC"
    if values.ndim != 4:
        raise ValidationError(f"x has the shape {values.shape}; give images as [n, height, width], [n, height, width, channels] or [n, channels, height, width].")
    if (layout or _layout_of(values.shape)) == "NCHW":
        values = values.transpose(0, 2, 3, 1)
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return np.ascontiguousarray(values.astype(np.float32))
    if values.dtype.kind != "f":
        raise ValidationError(f"x is of the type {values.dtype}; give uint8 from 0 to 255, or floats from 0 to 1.")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ValidationError(
            f"x has values from {low:.4g} to {high:.4g}; give pixels from 0 to 1, before mean and standard deviation: those go into `submit(normalize=…)`."
        )
    return np.ascontiguousarray(values.clip(0, 1), dtype=np.float32)


def labels_of(y: Any, count: int) -> Array:
    """Labels as whole numbers, one for each image; rows of one-hot vectors become numbers."""
    labels = np.asarray(_on_cpu(y))
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if len(labels) != count:
        raise ValidationError(f"y has {len(labels)} labels for {count} images.")
    if labels.size and not np.array_equal(labels, labels.astype(np.int64)):
        raise ValidationError("y is to hold whole numbers: the class of each image, counted from 0.")
    return labels.astype(np.int64)


def pairs_of(source: Any, y: Any = None, layout: str | None = None) -> tuple[Array, Array, list[str] | None]:
    """Images, labels, and names of classes where the source has them."""
    if y is not None:
        x = images_of(source, layout)
        return x, labels_of(y, len(x)), None
    if _is_hub_dataset(source):
        return _of_hub(source, layout)
    if hasattr(source, "__iter__") and hasattr(source, "batch_size") and hasattr(source, "dataset"):
        batches = [(np.asarray(_on_cpu(x)), np.asarray(_on_cpu(labels))) for x, labels in source]
        x = images_of(np.concatenate([x for x, _ in batches]), layout)
        return x, labels_of(np.concatenate([labels for _, labels in batches]), len(x)), _classes_of(source.dataset)
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        items = [source[i] for i in range(len(source))]
        if not all(isinstance(item, (tuple, list)) and len(item) == 2 for item in items):
            raise ValidationError("Give labels as well: upload(name, x, y); or a data set whose items are pairs of image and label.")
        x = images_of(np.stack([np.asarray(_on_cpu(image)) for image, _ in items]), layout)
        return x, labels_of(np.asarray([int(label) for _, label in items]), len(x)), _classes_of(source)
    raise TypeError(f"{type(source).__name__} is no data set: give arrays x and y, a Dataset or DataLoader of PyTorch, a datasets.Dataset, a folder or a file.")


@contextmanager
def dataset_file(source: Any, y: Any, layout: str | None) -> Iterator[tuple[IO[bytes], int, str, list[str] | None]]:
    """An open file with the data, its size and name, and names of classes. A folder is packed, a file is taken as it is."""
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if not path.exists():
            raise FileNotFoundError(f"There is no file or folder at {path}.")
        if path.is_file():
            with path.open("rb") as file:
                yield file, path.stat().st_size, path.name, None
            return
        with tempfile.TemporaryFile() as packed:
            _pack(path, packed)
            yield packed, packed.tell(), f"{path.name}.zip", None
        return
    x, labels, classes = pairs_of(source, y, layout)
    with tempfile.TemporaryFile() as file:
        np.savez_compressed(file, x=x, y=labels)
        yield file, file.tell(), "images.npz", classes


@contextmanager
def images_file(images: Any, layout: str | None) -> Iterator[tuple[IO[bytes], int]]:
    """An open archive with images that another tool made, and its size."""
    with tempfile.TemporaryFile() as file:
        np.savez_compressed(file, images=images_of(_on_cpu(images), layout))
        yield file, file.tell()


def _pack(folder: Path, target: IO[bytes]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not any(path.suffix.lower() in PICTURES for path in files):
        raise ValidationError(f"There are no pictures in {folder}: give a folder with one folder for each class, or `images/` and `labels.csv`.")
    # Pictures are compressed already.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder).as_posix())


def _layout_of(shape: Sequence[int]) -> str:
    for counts in CHANNELS:
        if (shape[1] in counts) != (shape[3] in counts):
            return "NCHW" if shape[1] in counts else "NHWC"
        if shape[1] in counts:
            break
    raise ValidationError(f"The shape {tuple(shape)} does not say where the channels are: give layout='NCHW' or layout='NHWC'.")


def _on_cpu(value: Any) -> Any:
    """A tensor of PyTorch as one that NumPy can read."""
    return value.detach().cpu() if hasattr(value, "detach") else value


def _classes_of(dataset: Any) -> list[str] | None:
    classes = getattr(dataset, "classes", None)
    return [str(name) for name in classes] if isinstance(classes, (list, tuple)) and classes else None


def _is_hub_dataset(source: Any) -> bool:
    return hasattr(source, "features") and hasattr(source, "column_names")


def _of_hub(source: Any, layout: str | None) -> tuple[Array, Array, list[str] | None]:
    """A `datasets.Dataset`, with a column of images and one of labels."""
    columns = source.column_names
    image = next((name for name in ("image", "img", "x", "pixel_values") if name in columns), None)
    label = next((name for name in ("label", "labels", "fine_label", "y") if name in columns), None)
    if image is None or label is None:
        raise ValidationError(f"Of the columns {', '.join(columns)} none is `image` and `label`: rename them with rename_column.")
    x = images_of(np.stack([np.asarray(each) for each in source[image]]), layout)
    names = getattr(source.features[label], "names", None)
    return x, labels_of(source[label], len(x)), [str(name) for name in names] if names else None
