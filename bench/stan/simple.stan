// From the project's measurements of Stan; see bench/stan.py.
// eXMC "Simple" (d=2): Normal mean + Exponential scale. RECONSTRUCTION.
data { int<lower=0> N; vector[N] y; }
parameters { real mu; real<lower=0> sigma; }
model {
  mu ~ normal(0, 10);
  sigma ~ exponential(1);
  y ~ normal(mu, sigma);
}
