#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Holds the diagnostics of draws against the R package posterior, on the draws
# that it publishes as its example and on awkward chains:
#
#   Rscript tests/reference/posterior.R build/reference/diagnose
#
# diagnose reads the number of chains, of draws, and the draws, chain by
# chain, and prints mean, sd, quantiles, Monte Carlo errors, effective sizes
# and R-hat. All of them agree to 1e-6, and where one says NA so does the
# other, but for what `known` lists below. Ends with `N passed, M failed, K
# skipped`.

if (!requireNamespace("posterior", quietly = TRUE)) {
    cat("skipped: needs r-cran-posterior\n0 passed, 0 failed, 1 skipped\n")
    quit()
}
library(posterior, warn.conflicts = FALSE, quietly = TRUE)
program <- commandArgs(TRUE)[1]

ours <- function(x) {
    text <- c(ncol(x), nrow(x), sprintf("%.17g", x))
    out <- system2(program, input = text, stdout = TRUE)
    v <- as.numeric(strsplit(out, " ")[[1]])
    names(v) <- c("mean", "sd", "q05", "q50", "q95", "ess_mean", "ess_bulk",
                  "ess_tail", "rhat", "mcse", "mcse_sd", "mcse_q05",
                  "mcse_q50", "mcse_q95")
    v
}

theirs <- function(x) {
    q <- function(p) quantile(x, p, names = FALSE)
    c(mean = mean(x), sd = sd(as.vector(x)), q05 = q(0.05), q50 = q(0.5),
      q95 = q(0.95), ess_mean = ess_mean(x), ess_bulk = ess_bulk(x),
      ess_tail = ess_tail(x), rhat = rhat(x), mcse = mcse_mean(x))
}

agree <- function(a, b) {
    (is.na(a) && is.na(b)) || (!is.na(a) && !is.na(b) &&
        (a == b || abs(a - b) <= 1e-6 * max(1, abs(b))))
}

set.seed(1)
ar <- function(n, r) as.vector(arima.sim(list(ar = r), n))
cases <- list()
eight <- example_draws("eight_schools")
for (v in variables(eight))
    cases[[v]] <- matrix(extract_variable_matrix(eight, v), ncol = 4)
cases <- c(cases, list(
    independent = matrix(rnorm(4000), ncol = 4),
    one.chain = matrix(rnorm(1000), ncol = 1),
    odd.length = matrix(rnorm(4 * 333), ncol = 4),
    short = matrix(rnorm(4 * 12), ncol = 4),
    sticky = sapply(1:4, function(i) ar(500, 0.95)),
    antithetic = sapply(1:4, function(i) ar(500, -0.8)),
    alternating = matrix(rep(c(0, 1), 400) + rnorm(800, 0, 1e-3), ncol = 4),
    apart = sweep(matrix(rnorm(2000), ncol = 4), 2, c(0, 0, 0, 3), "+"),
    scales = sweep(matrix(rnorm(2000), ncol = 4), 2, c(1, 1, 1, 5), "*"),
    heavy = matrix(rcauchy(2000), ncol = 4),
    ties = matrix(rpois(2000, 2), ncol = 4),
    large = matrix(1e8 + rnorm(2000), ncol = 4),
    small = matrix(1e-200 * rnorm(2000), ncol = 4),
    constant = matrix(3, 100, 4),
    not.a.number = matrix(c(NaN, rnorm(399)), ncol = 4),
    infinite = matrix(c(Inf, rnorm(399)), ncol = 4)))

known <- list(
    # The first pair of correlations is negative already. Its sum over no pairs
    # is rho[1:0] in R, which is not empty but rho[1]: half of the draws. The
    # paper's sum is 0, and the size at its cap.
    alternating = c("ess_mean", "mcse"),
    # squares below the least double
    small = c("ess_mean", "ess_tail", "mcse"),
    # ranks know infinities; we judge no draws that have them
    infinite = c("mean", "sd", "q05", "q50", "q95", "ess_bulk", "rhat"))

passed <- failed <- 0
for (name in names(cases)) {
    x <- cases[[name]]
    a <- ours(x)
    # what R cannot say of NaN: quantiles and moments are NaN as well
    b <- tryCatch(theirs(x), error = function(e) {
        v <- rep(NaN, 10)
        names(v) <- names(a)[1:10]
        v
    })
    looked <- setdiff(names(b), known[[name]])
    wrong <- looked[!mapply(agree, a[looked], b[looked])]
    if (length(wrong) == 0) {
        passed <- passed + 1
    } else {
        failed <- failed + 1
        cat("FAIL ", name, ": ", paste(sprintf("%s %.9g, posterior %.9g",
            wrong, a[wrong], b[wrong]), collapse = "; "), "\n", sep = "")
    }
}
cat(passed, "passed,", failed, "failed, 0 skipped\n")
quit(status = failed > 0)
