#!/usr/bin/env bash
# Runs a command with GAUNTLET_TORCH_PYTHON and GAUNTLET_TENSORFLOW_PYTHON naming Pythons that have real exporters of models: with-exporters.sh COMMAND [ARG ...]
# Their packages are pinned in tests/exporters/requirements-*.txt: 5 GB for PyTorch, whose CUDA libraries come along, 2 GB for TensorFlow, which is left out where
# --short is among the arguments. `python-environment.sh` says where they are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
folder=$(cd "$(dirname "$0")/../tests/exporters" && pwd)

GAUNTLET_TORCH_PYTHON=$(python_environment exporters-torch "$folder/requirements-torch.txt")
export GAUNTLET_TORCH_PYTHON
case " $* " in
  *" --short "*) ;;
  *)
    GAUNTLET_TENSORFLOW_PYTHON=$(python_environment exporters-tensorflow "$folder/requirements-tensorflow.txt")
    export GAUNTLET_TENSORFLOW_PYTHON
    ;;
esac
"$@"
