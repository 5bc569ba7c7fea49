"""Images and labels of one's own, sent from where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gauntlet
from gauntlet import errors


def test_arrays_are_evaluated_as_the_same_images_of_the_server(g: gauntlet.Gauntlet, test_digits: Any) -> None:
    images, labels = test_digits
    data = g.datasets.upload("digits-as-bytes", images[:100], labels[:100], class_names=[f"digit {i}" for i in range(10)])
    assert len(data) == 100 and data.data.class_names[3] == "digit 3" and data.data.visibility.value == "PRIVATE"
    floats = g.datasets.upload("digits-as-floats", (images[:100] / 255).astype(np.float32)[:, None], labels[:100], layout="NCHW")
    built_in, sent = (g.evaluate("mnist-baseline", each, "fgsm", eps="25/255", n=100)[0] for each in ("mnist-test", data))
    assert sent.robust_accuracy == built_in.robust_accuracy and sent.clean_accuracy == built_in.clean_accuracy
    as_floats = g.evaluate("mnist-baseline", floats, "fgsm", eps="25/255", n=100)[0]
    assert as_floats.clean_accuracy == built_in.clean_accuracy


def test_datasets_of_pytorch_and_folders_of_pictures_are_sent(g: gauntlet.Gauntlet, test_digits: Any, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    image = pytest.importorskip("PIL.Image")
    images, labels = (each[:100] for each in test_digits)
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(images.astype(np.float32) / 255)[:, None], torch.from_numpy(labels))
    for i, (picture, label) in enumerate(zip(images, labels)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        image.fromarray(picture).save(tmp_path / str(label) / f"{i:03}.png")
    sent = [g.datasets.upload("of-torch", torch.utils.data.DataLoader(dataset, batch_size=8)), g.datasets.upload("of-folder", tmp_path)]
    assert [len(each) for each in sent] == [100, 100]
    accuracies = [g.evaluate("mnist-baseline", each, "fgsm", eps="25/255", n=100)[0].clean_accuracy for each in sent]
    assert accuracies[0] == g.evaluate("mnist-baseline", "mnist-test", "fgsm", eps="25/255", n=100)[0].clean_accuracy
    assert accuracies[1] == accuracies[0]


def test_a_file_that_is_no_data_set_is_an_exception(g: gauntlet.Gauntlet, tmp_path: Path) -> None:
    (tmp_path / "wrong.npz").write_bytes(b"nothing")
    with pytest.raises(errors.GauntletError) as caught:
        g.datasets.upload("wrong", tmp_path / "wrong.npz")
    assert isinstance(caught.value, (errors.JobFailedError, errors.InvalidDatasetError)) and str(caught.value)


def test_a_model_is_trained_on_further_data_sets(g: gauntlet.Gauntlet, test_digits: Any) -> None:
    images, labels = test_digits
    g.datasets.upload("more-digits", images[100:200], labels[100:200], class_names=[f"digit {i}" for i in range(10)])
    options: dict[str, Any] = {"steps": 4, "batch_size": 10, "interval": 4}
    base = {"name": "mlp", "width": 0.1}
    run = g.train(base, "mnist-train", "standard", name="on-both", extra={"more-digits": 0.7}, **options)
    alone = g.train(base, "mnist-train", "standard", name="on-one", **options)
    assert [(extra.dataset.name, extra.fraction) for extra in run.data.extra_datasets] == [("more-digits", 0.7)]
    assert run.data.series[-1].loss != alone.data.series[-1].loss
    with pytest.raises(errors.ValidationError, match="Name each data set once"):
        g.train(base, "mnist-train", "standard", name="twice", extra={"mnist-train": 0.5}, **options)
