"""Images, labels, attacks and errors, without a server."""

from __future__ import annotations

import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphql import build_schema

import gauntlet
from gauntlet import _arrays, _show, errors
from gauntlet._values import plain

SCHEMA = (Path(__file__).parents[2] / "schema.graphql").read_text()


@pytest.mark.parametrize(
    ("shape", "expected"), [((5, 8, 9), (5, 8, 9, 1)), ((5, 8, 9, 3), (5, 8, 9, 3)), ((5, 3, 8, 9), (5, 8, 9, 3)), ((5, 1, 28, 28), (5, 28, 28, 1))]
)
def test_channels_come_last(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    images = _arrays.images_of(x)
    assert images.shape == expected and images.dtype == np.float32
    if shape == (5, 3, 8, 9):
        assert images[2, 4, 6, 1] == x[2, 1, 4, 6]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((2, 4, 4, 3), 2.0), "from 2 to 2"),
        (np.full((2, 4, 4, 3), np.nan), "pixels from 0 to 1"),
        (np.zeros((2, 4, 4, 3), np.int64), "int64"),
        (np.zeros((2, 3, 4, 3)), "layout="),
        (np.zeros((2, 4)), "shape"),
    ],
)
def test_images_that_could_be_misread_are_refused(x: Any, message: str) -> None:
    with pytest.raises(errors.ValidationError, match=message):
        _arrays.images_of(x)
    with pytest.raises(errors.ValidationError, match="not 'NWHC'"):
        _arrays.images_of(x, "NWHC")


def test_pixels_that_other_tools_rounded_past_the_range_are_cut_to_it() -> None:
    x = np.full((2, 4, 4, 3), 1 + 1e-7)
    x[0, 0, 0, 0] = -1e-9
    images = _arrays.images_of(x)
    assert images.min() == 0 and images.max() == 1
    with pytest.raises(errors.ValidationError, match="pixels from 0 to 1"):
        _arrays.images_of(x * 1.001)


def test_labels_are_whole_numbers_or_one_hot() -> None:
    assert list(_arrays.labels_of([2.0, 0.0], 2)) == [2, 0]
    assert list(_arrays.labels_of([[0, 0, 1], [1, 0, 0]], 2)) == [2, 0]
    for wrong in ([0.5, 1], [1, 2, 3]):
        with pytest.raises(ValueError, match="y "):
            _arrays.labels_of(wrong, 2)


def test_a_dataset_and_a_loader_of_pytorch_are_read() -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.rand(7, 3, 6, 5), torch.arange(7)
    dataset = torch.utils.data.TensorDataset(x, y)
    for source in (dataset, torch.utils.data.DataLoader(dataset, batch_size=3)):
        images, labels, _ = _arrays.pairs_of(source)
        assert np.array_equal(images, x.numpy().transpose(0, 2, 3, 1)) and list(labels) == list(range(7))


def test_arrays_travel_as_npz_and_folders_as_zip(tmp_path: Path) -> None:
    with _arrays.dataset_file(np.zeros((2, 4, 4), np.uint8), [0, 1], None) as (file, size, name, _):
        file.seek(0)
        loaded = np.load(file)
        assert loaded["x"].shape == (2, 4, 4, 1) and list(loaded["y"]) == [0, 1] and size > 0 and name.endswith(".npz")
    for name in ("cat/1.png", "dog/2.png", "dog/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"picture")
    with _arrays.dataset_file(tmp_path, None, None) as (file, size, name, _):
        assert zipfile.ZipFile(file).namelist() == ["cat/1.png", "dog/2.png"] and name.endswith(".zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no pictures"), _arrays.dataset_file(tmp_path / "empty", None, None):
        pass


def test_budgets_and_things_are_sent_as_the_api_takes_them() -> None:
    thing = type("Thing", (), {"id": "abc"})()
    assert plain({"epsilon": Fraction(8, 255), "model": thing, "n": np.int64(3), "list": (1, 2)}) == {"epsilon": "8/255", "model": "abc", "n": 3, "list": [1, 2]}


def test_every_attack_and_scheme_of_the_schema_has_a_helper_with_its_parameters() -> None:
    inputs = {"AttackInput": gauntlet.attacks.ATTACKS, "TrainingSchemeInput": gauntlet.training.SCHEMES}
    types = build_schema(SCHEMA, assume_valid=True).type_map
    for name, helpers in inputs.items():
        members = types[name].fields  # type: ignore[attr-defined]
        assert len(members) == len(helpers) > 10
        for (member, field), helper in zip(members.items(), helpers.values()):
            wanted = {each.lower() for each in getattr(field.type, "fields", {})}
            names = helper.__code__.co_varnames[: helper.__code__.co_kwonlyargcount]
            assert {each.replace("_", "") for each in names} == wanted, member
            assert helper.__doc__ and all(f"    {each}: " in helper.__doc__ for each in names)


def test_defaults_and_ranges_of_helpers_are_those_of_the_catalogue() -> None:
    pgd = gauntlet.attacks.pgd
    assert pgd.__kwdefaults__["steps"] == 40 and "From 1 to 10000." in (pgd.__doc__ or "")
    assert pgd(steps=7).to_input()["pgd"]["steps"] == 7 and "epsilon" not in pgd().to_input()["pgd"]
    drawn = gauntlet.training.algorithm1(attacks=[gauntlet.attacks.fgsm(), (gauntlet.attacks.pgd(steps=2), 3)]).to_input()["algorithm1"]["attacks"]
    assert [each["weight"] for each in drawn] == [1, 3] and drawn[1]["attack"]["pgd"]["steps"] == 2
    assert gauntlet.training.standard().to_input() == {"standard": True}


def test_every_error_of_the_schema_is_an_exception_class() -> None:
    types = set(re.findall(r"^type (\w+) implements UserError", SCHEMA, re.M))
    assert types == set(errors.REFUSALS)
    for name in types:
        raised = errors.refusal({"__typename": name, "message": "No.", "path": ["a", "0"]})
        assert isinstance(raised, getattr(errors, name)) and raised.path == ("a", "0") and str(raised).startswith("a.0: No.")
    unknown = errors.refusal({"__typename": "NewError", "message": "No."})
    assert type(unknown) is errors.RefusedError and errors.refusal({"__typename": "SubmitModelSuccess"}) is None


def test_markup_of_names_is_escaped() -> None:
    assert "<script>" not in _show.table(["<script>"], [["<script>alert(1)</script>"]])


def test_an_enum_value_of_a_newer_server_is_read() -> None:
    from gauntlet._api.enums import AttackKindName

    assert AttackKindName("FROM_THE_FUTURE").value == "FROM_THE_FUTURE" and AttackKindName("FGSM") is AttackKindName.FGSM
