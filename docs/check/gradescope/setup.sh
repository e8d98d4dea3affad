#!/usr/bin/env bash
# Runs once, when Gradescope builds the image of the autograder.
set -euo pipefail

apt-get update
# affine needs Python 3.11; where the image calls an older one python3, it has this one as well.
apt-get install -y python3.11-venv || apt-get install -y python3-venv
"$(command -v python3.11 || command -v python3)" -m venv /autograder/venv
/autograder/venv/bin/python -m pip install affine-gradients
