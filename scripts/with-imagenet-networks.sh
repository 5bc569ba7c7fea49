#!/usr/bin/env bash
# Runs a command with GAUNTLET_TORCH_PYTHON naming a Python with PyTorch, and with packages of networks with published weights on its path: with-imagenet-networks.sh
# COMMAND [ARG ...]. Where the variable is set already, that Python is taken, such as /usr/bin/python3 with Debian's python3-torch; else the exporters' PyTorch is
# installed, 5 GB. `python-environment.sh` says where they are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "${GAUNTLET_TORCH_PYTHON:-}" ]; then
  GAUNTLET_TORCH_PYTHON=$(python_environment exporters-torch "$root/tests/exporters/requirements-torch.txt")
fi
export GAUNTLET_TORCH_PYTHON
networks=$(python_environment imagenet-networks "$root/examples/imagenet/requirements.txt")
PYTHONPATH=$(packages_of "$networks")
export PYTHONPATH
"$@"
