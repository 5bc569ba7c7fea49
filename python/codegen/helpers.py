"""Writes the modules `gauntlet.attacks` and `gauntlet.training`: a function for each member of an input, with its parameters, defaults and ranges."""

from __future__ import annotations

import keyword
import re
import textwrap
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputField, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLScalarType, Undefined, build_schema

WIDTH = 110

#: Input, class of what its helpers return, part of the catalogue.
MODULES = {
    "attacks": ("Attacks with their parameters.", [("AttackInput", "Attack", "attacks")]),
    "training": (
        "Training schemes, optimizers and schedules with their parameters.",
        [("TrainingSchemeInput", "Scheme", "schemes"), ("OptimizerInput", "Optimizer", "optimizers"), ("ScheduleInput", "Schedule", "schedules")],
    ),
}

SCALARS = {"Int": "int", "Float": "float", "Boolean": "bool", "String": "str", "ID": "Identified", "Magnitude": "Magnitude", "AttackInput": "Attack", "TrainingAttackInput": "Attack | tuple[Attack, float]"}


def snake(name: str) -> str:
    """`apgdCeLinf` as `apgd_ce_linf`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z0-9])", "_", name).lower()
    return f"{text}_" if keyword.iskeyword(text) else text


def helper_module(name: str, schema: str, catalogue: dict[str, Any]) -> str:
    title, inputs = MODULES[name]
    types = build_schema(schema, assume_valid=True).type_map
    functions, tables, exported = [], [], []
    for input_name, kind, part in inputs:
        entries = {entry["name"]: entry for entry in catalogue[part]}
        members = types[input_name]
        assert isinstance(members, GraphQLInputObjectType)
        # A schedule and a scheme may have one name, and so may an optimizer.
        prefix = {"Schedule": "schedule_", "Optimizer": "optimizer_"}.get(kind, "")
        rows = []
        for member, field in members.fields.items():
            function = prefix + snake(member)
            functions.append(helper(function, member, field, kind, entries.get(member, {})))
            exported.append(function)
            rows.append(f"    {function.removeprefix(prefix)!r}: {function},")
        tables.append(f"#: Every {kind.lower()} by its name.\n{kind.upper()}S: dict[str, Callable[..., {kind}]] = {{\n" + "\n".join(rows) + "\n}")
        exported.append(f"{kind.upper()}S")
        if kind == "Attack":
            rows = [f"    {entry['name']!r}: {entry['kind']!r}," for entry in catalogue[part]]
            tables.append("#: What an attack is called in results, by its name in requests.\nKINDS = {\n" + "\n".join(rows) + "\n}")
            exported.append("KINDS")
    head = f'"""{title} Generated from the catalogue of the server."""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Callable, Sequence\nfrom typing import Literal\n\n'
    kinds = ", ".join(sorted({"Attack", "Identified", "Magnitude", "given", *({"weighted"} if name == "training" else ()), *(kind for _, kind, _ in inputs)}, key=str.lower))
    names = ", ".join(f'"{name}"' for name in exported)
    return head + f"from ._values import {kinds}\n\n__all__ = [{names}]\n\n\n" + "\n\n\n".join(functions) + "\n\n\n" + "\n\n".join(tables) + "\n"


def helper(function: str, member: str, field: GraphQLInputField, kind: str, entry: dict[str, Any]) -> str:
    fields = field.type.fields if isinstance(field.type, GraphQLInputObjectType) else {}
    ranges = {parameter["name"]: parameter for parameter in entry.get("parameters", [])}
    # Required ones first, so that a reader sees them.
    ordered = sorted(fields.items(), key=lambda pair: not is_required(pair[1]))
    # A budget that is not given is that of `evaluate(eps=…)`.
    free = {"epsilon"} if kind == "Attack" else set()
    arguments = [f"    {snake(name)}: {argument(parameter, name in free)}," for name, parameter in ordered]
    signature = f"def {function}(" + ("\n    *,\n" + "\n".join(arguments) + "\n" if arguments else "") + f") -> {kind}:"
    values = ", ".join(f'"{name}": {value_of(name, parameter)}' for name, parameter in fields.items())
    bounded = ", bounded=True" if kind == "Attack" and "epsilon" in fields else ""
    nothing = "" if isinstance(field.type, GraphQLInputObjectType) else ", flag=True"
    body = f'    return {kind}("{member}", given({{{values}}}){bounded}{nothing})'
    return "\n".join([signature, docstring(field, fields, entry, ranges, free), body])




def is_required(field: GraphQLInputField) -> bool:
    return isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined


def value_of(name: str, field: GraphQLInputField) -> str:
    return f"weighted({snake(name)})" if "TrainingAttackInput" in str(field.type) else snake(name)


def argument(field: GraphQLInputField, is_free: bool) -> str:
    python = type_of(field.type)
    if is_required(field):
        return python
    if is_free or field.default_value in (Undefined, None):
        return f"{python} | None = None"
    return f"{python} = {field.default_value!r}"


def type_of(type_: Any) -> str:
    if isinstance(type_, GraphQLNonNull):
        return type_of(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"Sequence[{type_of(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return "Literal[" + ", ".join(f'"{value}"' for value in type_.values) + "]"
    if isinstance(type_, GraphQLInputObjectType) and type_.name not in SCALARS:
        return "dict[str, object]"
    assert isinstance(type_, (GraphQLScalarType, GraphQLInputObjectType))
    return SCALARS.get(type_.name, "object")


def docstring(field: GraphQLInputField, fields: dict[str, GraphQLInputField], entry: dict[str, Any], ranges: dict[str, dict[str, Any]], free: set[str]) -> str:
    title = entry.get("title")
    description = (field.description or "").strip()
    lines = textwrap.wrap(f"{title}: {description}" if title and not description.startswith(title) else description, WIDTH)
    facts = []
    if entry.get("access"):
        facts.append(f"Needs: {entry['access']}. Norms: {', '.join(entry['norms'])}.")
    if reference := entry.get("reference"):
        facts.append(f"{reference['authors']} {reference['year']}: {reference['title']} ({reference['link']}).")
    for fact in facts:
        lines += ["", *textwrap.wrap(fact, WIDTH)]
    if fields:
        lines += ["", "Args:"]
        for name, parameter in fields.items():
            default = f"Absent: `eps` of the evaluation, or {parameter.default_value!r}." if name in free and parameter.default_value not in (Undefined, None) else ""
            text = " ".join(filter(None, [" ".join((parameter.description or "").split()), span(ranges.get(name, {})), default]))
            lines += textwrap.wrap(f"{snake(name)}: {text}", WIDTH, initial_indent="    ", subsequent_indent="        ")
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return textwrap.indent(f'"""{text}\n"""' if len(lines) > 1 else f'"""{text}"""', "    ", lambda line: line.strip() != "")


def span(bounds: dict[str, Any]) -> str:
    low, high = bounds.get("minimum"), bounds.get("maximum")
    if low is None and high is None:
        return ""
    return f"From {number(low)} to {number(high)}." if low is not None and high is not None else f"At most {number(high)}."


def number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
