#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Small adversarial programs against their exact distributions.
#
#   tests/run-exact.sh [--long] [--engine E] [PATTERN]
#
# First the judge's own tests. Ends with `N passed, M failed, K skipped`.
set -euo pipefail
cd "$(dirname "$0")/.."
tests/exact/test_exact.py
exec tests/exact/run.py --program "${VESTIGE:-./vestige}" "$@"
