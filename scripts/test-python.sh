#!/usr/bin/env bash
# Tests of the Python client, against a server that they start: test-python.sh [ARG OF PYTEST ...], run by with-python.sh.
set -euo pipefail
cd "$(dirname "$0")/../python"
"$GAUNTLET_TEST_PYTHON" codegen/generate.py
export PYTHONPATH="$PWD/src" PYTHONDONTWRITEBYTECODE=1
exec "$GAUNTLET_TEST_PYTHON" -m pytest "$@"
