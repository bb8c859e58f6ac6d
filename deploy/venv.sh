#!/usr/bin/env bash
# venv.sh PYTHON FOLDER LOCK: what LOCK names, in a virtual environment that is made if it is not there.
set -euo pipefail
python=$1 folder=$2 lock=$3

make_venv() {
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Gatehouse needs Python 3.11 or later; name one: make run PYTHON=python3.11" >&2
        exit 1
    fi
    # Debian's Python comes without its venv module.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_venv_module
    "$python" -m venv "$folder"
}

install_venv_module() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Python's venv module is missing: install it first (Debian and Ubuntu: apt-get install python3-venv)" >&2
        exit 1
    fi
    echo "Installing python3-venv"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
}

pip() { "$folder/bin/python" -m pip --disable-pip-version-check --quiet --quiet --no-input install --no-deps "$@"; }

# uv does it several times faster than pip, but knows nothing of a mirror in pip's configuration: pip is there for that.
fetch() { "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" --no-deps "$@" 2>/dev/null || pip "$@"; }

# Asked of pip, which comes last: an interrupted start left no whole environment behind.
"$folder/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
if [ ! -x "$folder/bin/uv" ]; then
    awk '/^[a-z]/ {on = /^uv==/} on' requirements-dev.lock >"$folder/uv.lock"
    pip --require-hashes -r "$folder/uv.lock"
fi
echo "Installing what $lock names into $folder"
fetch --require-hashes -r "$lock"
fetch --no-build-isolation --editable .
