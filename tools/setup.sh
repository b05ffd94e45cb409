#!/bin/sh
# Prepare one tool: `setup.sh python PYTHON` fills .venv, `setup.sh venv NAME PYTHON` .venv-NAME
# from requirements/NAME.txt, `setup.sh node FOLDER` its node_modules.
set -eu

stop() {
  echo "$1" >&2
  exit 1
}

prepare_python() {
  if command -v uv >/dev/null; then
    echo "Preparing .venv with uv"
    [ -x .venv/bin/python ] || uv venv --quiet --python '>=3.11' .venv
    uv pip install --quiet --python .venv --only-binary :all: --require-hashes -r requirements/dev.txt
    uv pip install --quiet --python .venv --no-deps --no-build-isolation -e .
    return
  fi
  echo "Preparing .venv with $1"
  command -v "$1" >/dev/null ||
    stop "Python is missing: install Python 3.11 or newer, or uv, then run make again."
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$1 is older than 3.11: install a newer Python, or say which with 'make PYTHON=python3.12'."
  [ -x .venv/bin/pip ] || "$1" -m venv .venv ||
    stop "$1 can't make a virtual environment: install its venv package (python3-venv on Debian)."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: --require-hashes -r requirements/dev.txt
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation -e .
}

prepare_venv() {
  echo "Preparing .venv-$1 with $2"
  [ -x ".venv-$1/bin/pip" ] || "$2" -m venv ".venv-$1" ||
    stop "$2 can't make a virtual environment: install its venv package (python3-venv on Debian)."
  ".venv-$1/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: --require-hashes -r "requirements/$1.txt"
}

prepare_node() {
  echo "Preparing $1/node_modules"
  command -v node >/dev/null ||
    stop "Node is missing: install Node 20.19 or newer to build the page, then run make again."
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    stop "Node $(node --version) is too old to build the page: install Node 20.19 or newer."
  command -v npm >/dev/null ||
    stop "npm is missing: install it (it comes with Node on most systems), then run make again."
  cd "$1"
  npm ci --no-fund --no-audit --loglevel=error
}

case "$1" in
  python) prepare_python "$2" ;;
  venv) prepare_venv "$2" "$3" ;;
  node) prepare_node "$2" ;;
esac
