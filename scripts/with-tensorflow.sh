#!/usr/bin/env bash
# Runs a command with TensorFlow's own kernels for the engine eager:tfjs-node, or with --gpu for eager:tfjs-node-gpu: with-tensorflow.sh [--gpu] COMMAND [ARG ...]
# The library is that of PyPI's TensorFlow, pinned in scripts/tensorflow/requirements-*.txt: 1.3 GB, or 6 GB with CUDA 12 and cuDNN 9, which then need no installation.
# The binding of TensorFlow.js, whose sources are in @tensorflow/tfjs-node-gpu, is compiled against it (g++, 30 s); GAUNTLET_TENSORFLOW_BINDING names it to the engine.
# `python-environment.sh` says where both are kept.
set -euo pipefail

source "$(dirname "$0")/python-environment.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

kind=cpu
if [ "${1:-}" = --gpu ]; then
  kind=gpu
  shift
  # Products in 19 bits, which TensorFlow takes by default on a GPU, are not those of other engines; gradients are to be the same twice; and other processes need memory.
  export NVIDIA_TF32_OVERRIDE=${NVIDIA_TF32_OVERRIDE:-0} TF_CUDNN_DETERMINISTIC=${TF_CUDNN_DETERMINISTIC:-1}
  export TF_FORCE_GPU_ALLOW_GROWTH=${TF_FORCE_GPU_ALLOW_GROWTH:-true}
fi
# Warnings and errors alone.
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-1}

package="$root/node_modules/@tensorflow/tfjs-node-gpu"
headers="$root/node_modules/node-api-headers/include"
for folder in "$package/binding" "$headers"; do
  if [ ! -d "$folder" ]; then
    echo "$folder is needed: install the packages with \`npm ci\`, optional ones and those of development too." >&2
    exit 1
  fi
done

python=$(python_environment "tensorflow-$kind" "$root/scripts/tensorflow/requirements-$kind.txt")
library="$(packages_of "$python")/tensorflow"

# Makes the binding at a path.
compile_binding() {
  g++ -O2 -shared -fPIC -std=c++17 -DNAPI_VERSION=8 -I"$headers" -I"$package" -I"$library/include" \
    "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
    -L"$library" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,"$library" -o "$1"
}

hash=$({
  cat "$package"/binding/* "$headers"/*
  echo "$library"
  declare -f compile_binding
} | sha256sum | cut -c1-16)
GAUNTLET_TENSORFLOW_BINDING="$cache/tensorflow-binding-$kind-$hash.node"
export GAUNTLET_TENSORFLOW_BINDING
if [ ! -e "$GAUNTLET_TENSORFLOW_BINDING" ]; then
  echo "Compiling $GAUNTLET_TENSORFLOW_BINDING (once) ..." >&2
  # One that was not finished has another name.
  unfinished=$(mktemp "$cache/unfinished-XXXXXX")
  compile_binding "$unfinished"
  chmod 755 "$unfinished"
  mv "$unfinished" "$GAUNTLET_TENSORFLOW_BINDING"
fi
"$@"
