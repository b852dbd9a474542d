#!/bin/sh
# tools/venv.sh FOLDER LOCKFILE: makes the virtual environment and installs what the lock names.
# Debian ships Python without the venv module's other half: root gets it by apt-get, others are told.
set -eu

folder=$1
lock=$2
python=${PYTHON:-python3}

say() { printf 'hullcheck: %s\n' "$*" >&2; }

command -v "$python" >/dev/null 2>&1 || {
    say "$python is not installed: install Python 3.10 or later (Debian: apt-get install python3-venv)"
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    say "$("$python" --version) is too old: hullcheck needs 3.10 or later; name one with PYTHON=..."
    exit 1
}

make_venv() {
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$folder"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python "$python" "$folder"
    elif command -v virtualenv >/dev/null 2>&1; then
        virtualenv --quiet --python "$python" "$folder"
    else
        return 1
    fi
}

if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    if ! make_venv; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "installing $package, without which $python cannot make a virtual environment"
            export DEBIAN_FRONTEND=noninteractive
            apt-get -qq update >&2
            apt-get -qq install --yes --no-install-recommends "$package" ca-certificates >&2
            "$python" -m venv "$folder"
        else
            say "$python cannot make a virtual environment; once: sudo apt-get install $package"
            exit 1
        fi
    fi
fi

say "installing $lock into $folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --root-user-action=ignore --require-hashes --requirement "$lock"
