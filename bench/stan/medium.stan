// From the project's measurements of Stan; see bench/stan.py.
// eXMC "Medium" (d=5): hierarchical 2-group. RECONSTRUCTION (priors of
// test/integration_test.exs #15; 40 observations per group per the blog).
data { int<lower=0> N; vector[N] y1; vector[N] y2; }
parameters {
  real mu_global; real<lower=0> sigma_global;
  real alpha; real beta; real<lower=0> sigma_obs;
}
model {
  mu_global ~ normal(0, 10);
  sigma_global ~ exponential(1);
  alpha ~ normal(mu_global, sigma_global);
  beta ~ normal(mu_global, sigma_global);
  sigma_obs ~ exponential(2);
  y1 ~ normal(alpha, sigma_obs);
  y2 ~ normal(beta, sigma_obs);
}
