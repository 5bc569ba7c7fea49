"""Attacks, schemes, optimizers and schedules by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Callable, TypeVar, Union

from . import attacks as catalogue_of_attacks
from . import training as catalogue_of_training
from ._values import Attack, Magnitude, Optimizer, Schedule, Scheme, Selection, plain
from .errors import ValidationError

_KINDS = frozenset(catalogue_of_attacks.KINDS.values())

Choice = TypeVar("Choice", bound=Union[Attack, Scheme, Optimizer, Schedule])


def inputs(attacks: str | Attack | Sequence[str | Attack], eps: Magnitude | Sequence[Magnitude]) -> list[Selection]:
    """Each attack with each budget, as the API takes them."""
    several = [attacks] if isinstance(attacks, (str, Attack)) else attacks
    epsilons = list(eps) if isinstance(eps, Sequence) and not isinstance(eps, str) else [eps]
    return [each.to_input() for attack in several for each in _chosen("attack", attack, Attack, catalogue_of_attacks.ATTACKS).at(plain(epsilons))]


def attack(name: str) -> Attack:
    """An attack by its name, with its defaults."""
    return _chosen("attack", name, Attack, catalogue_of_attacks.ATTACKS)


def kinds(attacks: Sequence[str | Attack]) -> list[str]:
    """Names of attacks in results: `ITER_BASIC` for `iter_basic`, and for itself."""
    return [each if isinstance(each, str) and each in _KINDS else catalogue_of_attacks.KINDS[_chosen("attack", each, Attack, catalogue_of_attacks.ATTACKS).name] for each in attacks]


def scheme(value: str | Scheme) -> Selection:
    return _chosen("training scheme", value, Scheme, catalogue_of_training.SCHEMES).to_input()


def optimizer(value: str | Optimizer) -> Selection:
    return _chosen("optimizer", value, Optimizer, catalogue_of_training.OPTIMIZERS).to_input()


def schedule(value: str | Schedule) -> Selection:
    return _chosen("schedule", value, Schedule, catalogue_of_training.SCHEDULES).to_input()


def _chosen(what: str, value: Any, kind: type[Choice], known: Mapping[str, Callable[..., Choice]]) -> Choice:
    """One that has its parameters, or the one of a name: `iter_basic` or, as in the API, `iterBasic`."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no {what}: give its name, or what a function of gauntlet.attacks or gauntlet.training returns.")
    make = known.get(value) or next((each for name, each in known.items() if _plain_name(name) == _plain_name(value)), None)
    if make is None:
        near = difflib.get_close_matches(value.lower(), known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
        raise ValidationError(f"There is no {what} {value!r}. {hint}")
    try:
        return make()
    except TypeError as error:
        raise ValidationError(f"The {what} {value!r} needs parameters: give {make.__module__}.{make.__name__}(…). {error}") from None


def _plain_name(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
