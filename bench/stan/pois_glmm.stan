// From the project's measurements of Stan; see bench/stan.py.
// hierarchical Poisson: 85 groups, 900 rows, simulated
data { int<lower=0> N; int<lower=0> J; int<lower=1,upper=J> g[N]; vector[N] x; int<lower=0> y[N]; }
parameters { real a; real b; real<lower=0> tau; vector[J] u; }
model {
  a ~ normal(0, 2);
  b ~ normal(0, 1);
  tau ~ normal(0, 1);
  u ~ normal(0, tau);
  y ~ poisson_log(a + b * x + u[g]);
}
