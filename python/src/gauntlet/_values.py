"""Values that operations take: budgets, attacks, training schemes, and names of things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, Union, runtime_checkable

from pydantic import BaseModel

#: A share of the pixel range: a number, or text such as `"8/255"`.
Magnitude: TypeAlias = Union[float, str]
JSONObject: TypeAlias = dict[str, Any]
#: One member of an input of which the server takes exactly one.
Selection: TypeAlias = dict[str, Any]


@runtime_checkable
class HasId(Protocol):
    @property
    def id(self) -> str: ...


#: A thing of the server, or its id.
Identified: TypeAlias = Union[HasId, str]


class OpenEnum(str, Enum):
    """Names that the server knows. One that a newer server has added is a member of its own, so that answers of newer servers can be read."""

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is not None, as the API takes it."""
    return {name: plain(value) for name, value in values.items() if value is not None}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    if isinstance(value, _Choice):
        return value.to_input()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    if isinstance(value, HasId) and isinstance(value.id, str):
        return value.id
    return value


@dataclass(frozen=True)
class _Choice:
    #: Member of the API's input.
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    bounded: bool = False
    #: Whether the member has no parameters, but is true.
    flag: bool = False

    def to_input(self) -> Selection:
        return {self.name: True if self.flag else dict(self.parameters)}

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.name}({values})"


class Attack(_Choice):
    """An attack with its parameters, as functions of `gauntlet.attacks` make it."""

    __slots__ = ()

    def with_epsilon(self, epsilon: Magnitude) -> Attack:
        """The same attack with a budget."""
        return Attack(self.name, {**self.parameters, "epsilon": plain(epsilon)}, self.bounded, self.flag)

    def at(self, epsilons: list[Magnitude]) -> list[Attack]:
        """One attack for each budget; itself, where it has its budget already or takes none."""
        if not self.bounded or "epsilon" in self.parameters or not epsilons:
            return [self]
        return [self.with_epsilon(epsilon) for epsilon in epsilons]

    def as_torchattacks(self, model: Any) -> Any:
        """The same attack of torchattacks, on a module that takes pixels in [0, 1]. @raise NoEquivalentError that says what differs."""
        return self._as("torchattacks", model)

    def as_foolbox(self) -> Any:
        """The same attack of Foolbox with its budget: call it with a model of Foolbox, images and labels. @raise NoEquivalentError that says what differs."""
        return self._as("foolbox")

    def as_art(self, classifier: Any) -> Any:
        """The same attack of the Adversarial Robustness Toolbox, on a classifier of it: `generate(x, y)`, with the labels. @raise NoEquivalentError that says what differs."""
        return self._as("art", classifier)

    def _as(self, tool: str, model: Any = None) -> Any:
        from ._peers import attack_of

        return attack_of(tool, self.name, self.parameters, model)


def weighted(attacks: Sequence[Attack | tuple[Attack, float]] | None) -> list[dict[str, object]] | None:
    """Attacks to draw from in training: each alone, or with its weight."""
    if attacks is None:
        return None
    pairs = [attack if isinstance(attack, tuple) else (attack, 1.0) for attack in attacks]
    return [{"attack": attack.to_input(), "weight": weight} for attack, weight in pairs]


class Scheme(_Choice):
    """A training scheme, as functions of `gauntlet.training` make it."""

    __slots__ = ()


class Optimizer(_Choice):
    """An optimizer, as functions of `gauntlet.training` make it."""

    __slots__ = ()


class Schedule(_Choice):
    """A schedule of the learning rate, as functions of `gauntlet.training` make it."""

    __slots__ = ()
