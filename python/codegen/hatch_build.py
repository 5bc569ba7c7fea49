"""Makes the generated modules where a wheel or a source archive is built from a clone; a source archive has them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        made = subprocess.run([sys.executable, str(Path(self.root) / "codegen" / "generate.py")])
        if made.returncode:
            # It has said why.
            sys.exit(made.returncode)
