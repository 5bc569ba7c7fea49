"""Names of generated fields: `l2`, and not `l_2`; and inputs that are made by the names of Python, also to those who check types."""

import ast
import re

from ariadne_codegen.plugins.base import Plugin
from graphql import Node
from pydantic.alias_generators import to_camel


class NamesPlugin(Plugin):
    def process_name(self, name: str, node: Node | None = None) -> str:
        return re.sub(r"_(\d)", r"\1", name)

    def generate_inputs_module(self, module: ast.Module) -> ast.Module:
        """Leaves out aliases that the base class makes, which checkers of types would take for the names of arguments."""
        for statement in ast.walk(module):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                statement.value = without_alias(statement.target.id, statement.value)
        return module


def without_alias(name: str, value: ast.expr | None) -> ast.expr | None:
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Field"):
        return value
    rest = [
        keyword
        for keyword in value.keywords
        if not (keyword.arg == "alias" and isinstance(keyword.value, ast.Constant) and keyword.value.value == to_camel(name))
    ]
    if len(rest) == len(value.keywords):
        return value
    if [keyword.arg for keyword in rest] == ["default"]:
        return rest[0].value
    return ast.Call(value.func, value.args, rest) if rest or value.args else None
