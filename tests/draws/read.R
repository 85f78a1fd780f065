#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads draws files as users do, with rstan, and prints what the package
# posterior says of their numbers, a row a variable:
#
#   Rscript tests/draws/read.R draws_1.csv draws_2.csv ...
#
# Ends with status 77 when a package is missing.

for (package in c("rstan", "posterior"))
    if (!requireNamespace(package, quietly = TRUE)) quit(status = 77)
options(warn = 2)
fit <- suppressMessages(rstan::read_stan_csv(commandArgs(TRUE)))
draws <- posterior::as_draws_array(as.array(fit))
draws <- posterior::subset_draws(draws, c("mu", "xs"))
table <- posterior::summarise_draws(
    draws, "mean", "sd", mcse = posterior::mcse_mean,
    q05 = function(x) quantile(x, 0.05, names = FALSE),
    q50 = function(x) quantile(x, 0.5, names = FALSE),
    q95 = function(x) quantile(x, 0.95, names = FALSE),
    "ess_bulk", "ess_tail", "rhat")
cat(paste(names(table), collapse = "\t"), "\n", sep = "")
for (i in seq_len(nrow(table)))
    cat(table$variable[i],
        sprintf("%.17g", unlist(table[i, -1])), sep = c(rep("\t", ncol(table) - 1), "\n"))
