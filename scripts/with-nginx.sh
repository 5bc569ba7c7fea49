#!/usr/bin/env bash
# Runs a command with GAUNTLET_TEST_NGINX naming nginx, which is installed where missing (Debian): with-nginx.sh COMMAND [ARG ...]
set -euo pipefail

find_nginx() { command -v nginx || ls /usr/sbin/nginx 2>/dev/null || true; }
nginx=${GAUNTLET_TEST_NGINX:-$(find_nginx)}
if [ -z "$nginx" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "nginx is needed for these tests: install it (Debian: apt-get install nginx-light), or set GAUNTLET_TEST_NGINX, and run this again." >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >&2
  nginx=$(find_nginx)
fi

export GAUNTLET_TEST_NGINX="$nginx"
exec "$@"
