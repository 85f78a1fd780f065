#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Writes tests/reference/densities_r.inc: log densities by R's own functions,
# a source independent of densities.py, at ordinary arguments.
#     Rscript tests/reference/densities.R > tests/reference/densities_r.inc

set.seed(7)
row <- function(name, args, x, y)
    cat(sprintf('{"%s", %d, {%s}, 1, {%s}, %s, 0},\n', name, length(args),
                paste(sprintf("%.17g", args), collapse = ", "),
                sprintf("%.17g", x), sprintf("%.17g", y)))
cat("/* Written by tests/reference/densities.R. */\n")
for (i in 1:40) {
    m <- rnorm(1, 0, 5); s <- exp(rnorm(1)); k <- exp(rnorm(1, 1, 2))
    b <- exp(rnorm(1, 1, 2)); p <- runif(1); n <- rpois(1, 30)
    x <- rnorm(1, m, s)
    row("normal", c(m, s), x, dnorm(x, m, s, log = TRUE))
    row("student-t", c(k, m, s), x, dt((x - m) / s, k, log = TRUE) - log(s))
    x <- rgamma(1, k, scale = s)
    if (x > 0) {
        row("gamma", c(k, s), x, dgamma(x, k, scale = s, log = TRUE))
        row("inverse-gamma", c(k, s), x,
            dgamma(1 / x, k, rate = s, log = TRUE) - 2 * log(x))
        row("exponential", s, x, dexp(x, s, log = TRUE))
    }
    x <- rbeta(1, k, b)
    if (x > 0 && x < 1) row("beta", c(k, b), x, dbeta(x, k, b, log = TRUE))
    x <- runif(1, m, m + s)
    row("uniform", c(m, m + s), x, dunif(x, m, m + s, log = TRUE))
    x <- rpois(1, b); row("poisson", b, x, dpois(x, b, log = TRUE))
    x <- rbinom(1, n, p)
    row("binomial", c(n, p), x, dbinom(x, n, p, log = TRUE))
    x <- rgeom(1, p); row("geometric", p, x, dgeom(x, p, log = TRUE))
    x <- rbinom(1, 1, p); row("flip", p, x, dbinom(x, 1, p, log = TRUE))
    x <- rnbinom(1, k, b / (b + 1))
    row("gamma-poisson", c(k, b), x, dnbinom(x, k, b / (b + 1), log = TRUE))
}
