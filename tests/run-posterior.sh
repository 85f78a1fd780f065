#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Diagnostics of draws beside those of R's package posterior; skipped where
# there is none (tools/install-packages.sh install readers).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
if ! command -v Rscript >/dev/null; then
    echo 'skipped: needs r-base-core and r-cran-posterior'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi
make --no-print-directory build/reference/diagnose >/dev/null || exit 1
Rscript tests/reference/posterior.R build/reference/diagnose 2>/dev/null
