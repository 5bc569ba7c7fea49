#!/usr/bin/env bash
# Runs stopwatch.py, with what with-python.sh and with-originals.sh have installed: npm run bench:stopwatch -- [--images N] [--runs N]
set -euo pipefail
cd "$(dirname "$0")/../.."
"$GAUNTLET_TEST_PYTHON" python/codegen/generate.py
PYTHONPATH="$PWD/python/src" exec "$GAUNTLET_TEST_PYTHON" bench/stopwatch/stopwatch.py "$@"
