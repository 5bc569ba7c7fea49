#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_PYTHON naming Python 3.10 with the oldest versions of what the Python client asks for, without PyTorch: with-oldest-python.sh COMMAND [ARG ...]
# Python 3.10 is `python3.10`, or what PYTHON_OLDEST names. Its packages are pinned in python/requirements-oldest.txt; `python-environment.sh` says where they are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

python=${PYTHON_OLDEST:-python3.10}
if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; then
  echo "Python 3.10 with venv is needed: name one in PYTHON_OLDEST." >&2
  exit 1
fi
GAUNTLET_TEST_PYTHON=$(python_environment python-oldest "$root/python/requirements-oldest.txt")
export GAUNTLET_TEST_PYTHON
"$@"
