#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_CHROMIUM naming a Chromium, which is installed where missing (Debian): with-chromium.sh COMMAND [ARG ...]
set -euo pipefail

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }
browser=${GAUNTLET_TEST_CHROMIUM:-$(find_chromium)}
if [ -z "$browser" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Chromium is needed for these tests: install it (Debian: apt-get install chromium), or set GAUNTLET_TEST_CHROMIUM, and run this again." >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >&2
  browser=$(find_chromium)
fi

export GAUNTLET_TEST_CHROMIUM="$browser"
exec "$@"
