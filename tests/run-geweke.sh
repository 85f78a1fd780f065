#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Geweke's joint-distribution test of the transitions.
#
#   tests/run-geweke.sh [--kernels] [--long] [--piece I/N] [--engine E] [MODEL]
#
# Ends with `N passed, M failed, K skipped`.
set -euo pipefail
cd "$(dirname "$0")/.."
exec tests/geweke/geweke.py --program "${VESTIGE:-./vestige}" "$@"
