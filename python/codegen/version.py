"""Version of the package: that of the server, from the catalogue that the server's build writes."""

import json
from pathlib import Path

inputs = Path(__file__).parent / "inputs" / "package.json"
source = inputs if inputs.exists() else Path(__file__).parents[2] / "package.json"
__version__ = json.loads(source.read_text())["version"]
