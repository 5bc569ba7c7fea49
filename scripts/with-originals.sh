#!/usr/bin/env bash
# Runs a command with GAUNTLET_ORIGINALS_PYTHON naming a Python that has the original implementations of attacks: with-originals.sh COMMAND [ARG ...]
# Their packages are pinned in tests/originals/requirements.txt. PyTorch and what else they need is that of the exporters (tests/exporters/requirements-torch.txt,
# 5 GB), so it is installed once for both. `python-environment.sh` says where they are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
tests=$(cd "$(dirname "$0")/../tests" && pwd)

torch=$(python_environment exporters-torch "$tests/exporters/requirements-torch.txt")
GAUNTLET_ORIGINALS_PYTHON=$(python_environment originals "$tests/originals/requirements.txt" "$torch")
export GAUNTLET_ORIGINALS_PYTHON
"$@"
