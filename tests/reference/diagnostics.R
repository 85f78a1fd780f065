#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Writes tests/reference/diagnostics.inc: what the diagnostics of draws must be,
# by base R alone and straight from the formulas of Vehtari, Gelman, Simpson,
# Carpenter and Buerkner (2021); autocovariances by acf(), not by a transform.
#
#   Rscript tests/reference/diagnostics.R > tests/reference/diagnostics.inc
#
# The draws are made anew on both sides: sums of four uniforms of Park and
# Miller's generator (16807, 2^31 - 1) drive an autoregression.

draws <- function(seed, chains, n, r, view) {
    state <- seed
    x <- matrix(0, n, chains)
    for (c in seq_len(chains)) {
        now <- 0
        for (i in seq_len(n)) {
            e <- -2
            for (k in 1:4) {
                state <- (16807 * state) %% 2147483647
                e <- e + state / 2147483647
            }
            now <- r * now + e
            x[i, c] <- view(now, c)
        }
    }
    x
}

views <- list(
    VIEW_SAME = function(x, c) x,
    VIEW_FLOOR = function(x, c) floor(4 * x),
    VIEW_HEAVY = function(x, c) 1 / x,
    VIEW_SHIFT = function(x, c) if (c == 2) x + 0.75 else x,
    VIEW_SCALE = function(x, c) if (c == 1) 3 * x else x,
    VIEW_SIGN = function(x, c) if (x > 0.3) 1 else 0,
    VIEW_OFTEN = function(x, c) if (x > -1.3) 1 else 0
)

halves <- function(x) {
    n <- nrow(x)
    h <- n %/% 2
    do.call(cbind, lapply(seq_len(ncol(x)), function(c)
        cbind(x[seq_len(h), c], x[seq(n - h + 1, n), c])))
}

scores <- function(x) {
    r <- rank(as.vector(x), ties.method = "average")
    matrix(qnorm((r - 3 / 8) / (length(x) + 1 / 4)), nrow(x), ncol(x))
}

# formulas (10) to (12) and the paragraph on Geyer's sequence
size <- function(x) {
    n <- nrow(x)
    if (min(x) == max(x)) return(NA)
    g <- rowMeans(apply(x, 2, function(chain)
        acf(chain, lag.max = n - 1, type = "covariance", plot = FALSE)$acf))
    w <- mean(apply(x, 2, var))
    v <- (n - 1) / n * w + var(colMeans(x))
    rho <- 1 - (w - g) / v
    rho[1] <- 1
    last <- n %/% 2 - 1                    # as far as `posterior` looks
    pairs <- rho[2 * seq_len(last) - 1] + rho[2 * seq_len(last)]
    stop <- which(pairs <= 0)
    k <- if (length(stop)) stop[1] - 1 else last - 1
    tau <- -1 + 2 * sum(cummin(pairs)[seq_len(k)]) + max(rho[2 * k + 1], 0)
    length(x) / max(tau, 1 / log10(length(x)))
}

# formulas (1) to (4)
rhat <- function(x) {
    n <- nrow(x)
    b <- n * var(colMeans(x))
    w <- mean(apply(x, 2, var))
    if (min(x) == max(x)) return(NA)
    sqrt(((n - 1) / n * w + b / n) / w)
}

row <- function(name, seed, chains, n, r, view) {
    x <- draws(seed, chains, n, r, views[[view]])
    flat <- as.vector(x)
    p <- c(0.05, 0.5, 0.95)
    q <- quantile(flat, p, type = 7, names = FALSE)
    below <- sapply(q, function(bound)
        size(halves(1 * (if (bound < max(x)) x <= bound else x < bound))))
    mean_size <- size(halves(x))
    bulk <- size(scores(halves(x)))
    hat <- max(rhat(scores(halves(x))),
               rhat(scores(halves(abs(x - median(x))))), na.rm = TRUE)
    square <- (x - mean(x))^2
    v <- mean(square)
    v_error <- sqrt((mean(square^2) - v^2) / size(halves(square)))
    q_error <- sapply(1:3, function(i) {
        step <- sqrt(p[i] * (1 - p[i]) / below[i])
        around <- pmin(pmax(c(p[i] - step, p[i] + step), 0), 1)
        diff(quantile(flat, around, type = 7, names = FALSE)) / 2
    })
    numbers <- c(mean(x), sd(flat), q, mean_size, bulk,
                 min(below[c(1, 3)]), hat,
                 sd(flat) / sqrt(mean_size), v_error / (2 * sqrt(v)), q_error)
    cells <- sprintf("%.17g", numbers)
    cat(sprintf("{\"%s\", %d, %d, %d, %g, %s,\n {", name, seed, chains, n, r,
                view))
    cat(cells[1:3], sep = ", ")
    for (i in c(4, 7, 10, 13)) {
        cat(",\n  ")
        cat(cells[i:min(i + 2, 14)], sep = ", ")
    }
    cat(", FLAW_NONE}},\n")
}

cat("/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Written by diagnostics.R, which see. Name, seed, chains, draws a chain,
 * coefficient of the autoregression, what is seen of it; then a struct
 * diagnostics. */
")
row("independent, one chain", 1, 1, 1000, 0, "VIEW_SAME")
row("sticky", 2, 4, 250, 0.6, "VIEW_SAME")
row("antithetic", 3, 4, 500, -0.4, "VIEW_SAME")
row("odd number of draws", 4, 3, 201, 0.3, "VIEW_SAME")
row("one chain elsewhere", 5, 4, 200, 0.5, "VIEW_SHIFT")
row("one chain wider", 6, 4, 200, 0.2, "VIEW_SCALE")
row("ties", 7, 2, 500, 0.5, "VIEW_FLOOR")
row("heavy tails", 8, 4, 400, 0.4, "VIEW_HEAVY")
row("a boolean", 9, 4, 250, 0.5, "VIEW_SIGN")
row("nearly always true", 12, 4, 250, 0.5, "VIEW_OFTEN")
row("hardly moves", 10, 1, 400, 0.999, "VIEW_SAME")
row("few draws", 11, 2, 15, 0, "VIEW_SAME")
row("the fewest", 13, 1, 12, 0, "VIEW_SAME")
