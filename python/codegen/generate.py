"""Makes what the package has from the server: types and functions of operations, helpers for attacks and training, and the synchronous client.

`python codegen/generate.py` reads `schema.graphql` of the clone and the catalogue that `dist/src/resolvers/emit-catalogue.js` writes, and keeps both in
`codegen/inputs`, from which a source archive is built without Node.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

here = Path(__file__).parent
sys.path.insert(0, str(here))

import unasync  # noqa: E402
from graphql import InputObjectTypeDefinitionNode, parse, print_ast  # noqa: E402
from helpers import helper_module  # noqa: E402

clone = here.parents[1]
package = here.parent / "src" / "gauntlet"
inputs = here / "inputs"

#: Inputs of which a client picks one member: helpers make them, and operations take them as they are.
SELECTIONS = ("AttackInput", "TrainingAttackInput", "TrainingSchemeInput", "OptimizerInput", "ScheduleInput", "TransformationInput")

SCALARS = {
    "Magnitude": "gauntlet._values.Magnitude",
    "DateTimeISO": "datetime.datetime",
    "JSON": "typing.Any",
    "JSONObject": "gauntlet._values.JSONObject",
    "BigInt": "int",
    **{name: "gauntlet._values.Selection" for name in SELECTIONS},
}

#: What a name of the asynchronous client is called in the synchronous one; `Async…` beside these loses its prefix.
SYNCHRONOUS = {"asyncio": "time", "AsyncClient": "Client", "aclose": "close", "aiter_bytes": "iter_bytes", "_async": "_sync"}


def take_inputs() -> None:
    """Copies what a source archive needs from the clone, if this is one."""
    if not (clone / "schema.graphql").exists() or not (clone / "src" / "resolvers").exists():
        return
    inputs.mkdir(exist_ok=True)
    emit = clone / "dist" / "src" / "resolvers" / "emit-catalogue.js"
    if not emit.exists():
        raise SystemExit("The server is not compiled: run `npm run build` in the clone first.")
    subprocess.run(["node", str(emit), str(inputs / "catalogue.json")], check=True, cwd=clone)
    shutil.copy(clone / "schema.graphql", inputs)
    version = json.loads((clone / "package.json").read_text())["version"]
    (inputs / "package.json").write_text(json.dumps({"version": version}))


def write_operations(schema: str) -> None:
    """Types of operations in `_api`, and their functions in `_async/operations.py`."""
    document = parse(schema)
    for i, node in enumerate(document.definitions):
        if isinstance(node, InputObjectTypeDefinitionNode) and node.name.value in SELECTIONS:
            document.definitions = (*document.definitions[:i], parse(f"scalar {node.name.value}").definitions[0], *document.definitions[i + 1 :])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schema.graphql").write_text(print_ast(document))
        lines = [
            "[tool.ariadne-codegen]",
            f'schema_path = "{folder}/schema.graphql"',
            f'queries_path = "{here}/operations.graphql"',
            'target_package_name = "_api"',
            f'target_package_path = "{folder}"',
            'client_name = "AsyncOperations"',
            'client_file_name = "operations"',
            'base_client_name = "OperationsBase"',
            f'base_client_file_path = "{here}/operations_base.py"',
            'plugins = ["names.NamesPlugin"]',
            'include_comments = "none"',
            "include_all_inputs = false",
            "include_all_enums = false",
            *(f'[tool.ariadne-codegen.scalars.{name}]\ntype = "{python}"' for name, python in SCALARS.items()),
        ]
        settings = Path(folder) / "settings.toml"
        settings.write_text("\n".join(lines))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), *filter(None, [os.environ.get("PYTHONPATH")])])}
        command = [sys.executable, "-m", "ariadne_codegen", "--config", str(settings)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr)
        made = Path(folder) / "_api"
        functions = (made / "operations.py").read_text()
        (made / "operations.py").unlink()
        (made / "operations_base.py").rename(package / "_async" / "operations_base.py")
        (made / "exceptions.py").unlink(missing_ok=True)
        (made / "__init__.py").write_text('"""Types of operations, generated from the server\'s schema."""\n')
        enums = (made / "enums.py").read_text()
        enums = enums.replace("from enum import Enum", "from gauntlet._values import OpenEnum").replace("(str, Enum)", "(OpenEnum)")
        (made / "enums.py").write_text(enums)
        base = (made / "base_model.py").read_text().replace("populate_by_name=True,", "populate_by_name=True, alias_generator=to_camel, extra=\"forbid\",")
        (made / "base_model.py").write_text(base.replace("from pydantic import ConfigDict", "from pydantic import ConfigDict\nfrom pydantic.alias_generators import to_camel"))
        shutil.rmtree(package / "_api", ignore_errors=True)
        shutil.copytree(made, package / "_api")
    functions = re.sub(r"^from \.(?!operations_base)", "from .._api.", functions, flags=re.M)
    (package / "_async" / "operations.py").write_text(functions)


def write_synchronous() -> None:
    """The synchronous client is the asynchronous one without its `async` and `await`."""
    target = package / "_sync"
    shutil.rmtree(target, ignore_errors=True)
    files = sorted((package / "_async").glob("*.py"))
    names = {name for file in files for name in re.findall(r"\bAsync\w+", file.read_text())}
    replacements = {**{name: name.removeprefix("Async") for name in names}, **SYNCHRONOUS}
    rule = unasync.Rule(fromdir="/_async/", todir="/_sync/", additional_replacements=replacements)
    unasync.unasync_files([str(file) for file in files], [rule])


def main() -> None:
    take_inputs()
    schema = (inputs / "schema.graphql").read_text()
    catalogue = json.loads((inputs / "catalogue.json").read_text())
    write_operations(schema)
    write_synchronous()
    (package / "attacks.py").write_text(helper_module("attacks", schema, catalogue))
    (package / "training.py").write_text(helper_module("training", schema, catalogue))
    made = [package / name for name in ("attacks.py", "training.py", "_async/operations.py", "_sync/operations.py", "_api")]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", "--line-length", "120", *map(str, made)], check=True)


if __name__ == "__main__":
    main()
