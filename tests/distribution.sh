#!/usr/bin/env bash
# Installs a built package in a clean environment, and has it judge a right layer and a wrong one:
# tests/distribution.sh dist/affine_gradients-0.1.0-py3-none-any.whl
set -euo pipefail

package=$(realpath "$1")
tests=$(realpath "$(dirname "$0")")
cd "$(mktemp -d)" # away from the source: what runs is what was installed

python3 -m venv clean
clean/bin/pip install --quiet --disable-pip-version-check "$package"
clean/bin/affine check "$tests/layers/weights_first.py"
code=0
clean/bin/affine check "$tests/wrong_layers/db_averaged.py" || code=$?
test "$code" -eq 1
