# Environments of pinned Python packages that commands make once and keep; to be sourced.
# They are kept in GAUNTLET_CACHE (default: ~/.cache/gauntlet) until their packages change. PYTHON names the Python to make them of, 3.11 or 3.12.

python=${PYTHON:-python3}
cache=${GAUNTLET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gauntlet}
export UV_NO_PROGRESS=1

if ! "$python" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
  echo "Python 3.11 or 3.12 with venv is needed: name one in PYTHON." >&2
  exit 1
fi

# python_environment NAME REQUIREMENTS [BELOW]: prints the Python of an environment, which it makes where it is not there.
# With BELOW, the Python of another one, the packages of that environment can be imported too.
python_environment() {
  local requirements=$2 below=${3:-} hash target unfinished
  hash=$({
    cat "$requirements"
    "$python" --version
    if [ -n "$below" ]; then echo "$below"; fi
  } | sha256sum | cut -c1-16)
  target="$cache/$1-$hash"
  if [ ! -d "$target" ]; then
    echo "Installing $1 in $target (once; some minutes) ..." >&2
    mkdir -p "$cache"
    # One that was not finished has another name.
    unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
    "$python" -m venv "$unfinished/uv" >&2
    "$unfinished/uv/bin/pip" install --quiet uv==0.13.9 >&2
    "$python" -m venv --without-pip "$unfinished/environment" >&2
    "$unfinished/uv/bin/uv" pip install --quiet --no-cache --no-deps --python "$unfinished/environment/bin/python" -r "$requirements" >&2
    if [ -n "$below" ]; then packages_of "$below" > "$(packages_of "$unfinished/environment/bin/python")/below.pth"; fi
    # Another run may have been faster.
    mv -T "$unfinished/environment" "$target" 2>/dev/null || true
    rm -rf "$unfinished"
  fi
  echo "$target/bin/python"
}

# Prints the folder of packages of a Python.
packages_of() {
  "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}
