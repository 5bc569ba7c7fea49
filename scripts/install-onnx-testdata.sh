#!/usr/bin/env bash
# Installs the ONNX project's tests of operators, which tests/compute/onnx-node.test.ts runs, from Debian's package; says so where it cannot.
set -euo pipefail

if [ -e /usr/share/libonnx-testdata ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libonnx-testdata >&2 && exit 0
fi
echo "SKIPPED: the ONNX project's operator tests do not run, since Debian's package libonnx-testdata cannot be installed here." >&2
