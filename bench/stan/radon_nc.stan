// From the project's measurements of Stan; see bench/stan.py.
// A varying intercept in 85 groups, non-centred.
data { int<lower=0> J; int<lower=0> N; int<lower=1,upper=J> county_idx[N];
       vector[N] log_uppm; vector[N] floor_measure; vector[N] log_radon; }
parameters { vector[J] alpha_raw; vector[2] beta; real mu_alpha;
             real<lower=0> sigma_alpha; real<lower=0> sigma_y; }
transformed parameters { vector[J] alpha = mu_alpha + sigma_alpha * alpha_raw; }
model {
  sigma_alpha ~ normal(0, 1);
  sigma_y ~ normal(0, 1);
  mu_alpha ~ normal(0, 10);
  beta ~ normal(0, 10);
  alpha_raw ~ normal(0, 1);
  log_radon ~ normal(alpha[county_idx] + log_uppm * beta[1] + floor_measure * beta[2], sigma_y);
}
