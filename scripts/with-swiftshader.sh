#!/usr/bin/env bash
# Runs a command with a Vulkan driver in software, so that onnxruntime's WebGPU provider runs without a GPU: with-swiftshader.sh COMMAND [ARG ...]
# The driver is SwiftShader, which Debian's chromium package carries. GAUNTLET_TEST_PROVIDER makes tests of lowerings run on webgpu.
set -euo pipefail

driver=/usr/lib/chromium/vk_swiftshader_icd.json
if [ ! -e "$driver" ] || ! ldconfig -p | grep -q libvulkan.so.1; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "A Vulkan driver in software is needed for these tests: install it (Debian: apt-get install chromium libvulkan1) and run this again." >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium libvulkan1 >&2
fi

export VK_ICD_FILENAMES="$driver" GAUNTLET_TEST_PROVIDER=webgpu
"$@"
