#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_PYTHON naming a Python that has what the Python client is built, checked and tested with: with-python.sh COMMAND [ARG ...]
# Its packages are pinned in python/requirements-test.txt. PyTorch is that of the exporters (tests/exporters/requirements-torch.txt, 5 GB), so it is installed once for
# both. `python-environment.sh` says where they are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

torch=$(python_environment exporters-torch "$root/tests/exporters/requirements-torch.txt")
GAUNTLET_TEST_PYTHON=$(python_environment python-client "$root/python/requirements-test.txt" "$torch")
export GAUNTLET_TEST_PYTHON
"$@"
