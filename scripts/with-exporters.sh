#!/usr/bin/env bash
# Runs a command with GAUNTLET_TORCH_PYTHON and GAUNTLET_TENSORFLOW_PYTHON naming Pythons that have real exporters of models: with-exporters.sh COMMAND [ARG ...]
# Their packages are pinned in tests/exporters/requirements-*.txt, and kept in GAUNTLET_CACHE (default: ~/.cache/gauntlet) until those change: 5 GB for PyTorch, whose
# CUDA libraries come along, 2 GB for TensorFlow, which is left out where --short is among the arguments. PYTHON names the Python to make them of, 3.11 or 3.12.
set -euo pipefail

python=${PYTHON:-python3}
cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}
folder=$(cd "$(dirname "$0")/../tests/exporters" && pwd)
export UV_NO_PROGRESS=1

if ! "$python" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
  echo "Python 3.11 or 3.12 with venv is needed for the exporters: name one in PYTHON." >&2
  exit 1
fi

# Prints the Python of an environment, which it makes where it is not there. One that was not finished has another name.
environment() {
  local requirements="$folder/requirements-$1.txt" hash target unfinished
  hash=$({ cat "$requirements"; "$python" --version; } | sha256sum | cut -c1-16)
  target="$cache/exporters-$1-$hash"
  if [ ! -d "$target" ]; then
    echo "Installing the exporters of $1 in $target (once; some minutes) ..." >&2
    mkdir -p "$cache"
    unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
    "$python" -m venv "$unfinished/uv" >&2
    "$unfinished/uv/bin/pip" install --quiet uv==0.13.9 >&2
    "$python" -m venv --without-pip "$unfinished/environment" >&2
    "$unfinished/uv/bin/uv" pip install --quiet --no-cache --no-deps --python "$unfinished/environment/bin/python" -r "$requirements" >&2
    # Another run may have been faster.
    mv -T "$unfinished/environment" "$target" 2>/dev/null || true
    rm -rf "$unfinished"
  fi
  echo "$target/bin/python"
}

GAUNTLET_TORCH_PYTHON=$(environment torch)
export GAUNTLET_TORCH_PYTHON
case " $* " in
  *" --short "*) ;;
  *)
    GAUNTLET_TENSORFLOW_PYTHON=$(environment tensorflow)
    export GAUNTLET_TENSORFLOW_PYTHON
    ;;
esac
"$@"
