// From the project's measurements of Stan; see bench/stan.py.
// Stochastic volatility, non-centred, priors of Kim, Shephard and Chib.
data { int<lower=0> T; vector[T] y; }
parameters { real mu; real<lower=0,upper=1> phis; real<lower=0> sigma; vector[T] h_std; }
transformed parameters {
  real phi = 2 * phis - 1;
  vector[T] h = h_std * sigma;
  h[1] = h[1] / sqrt(1 - phi * phi);
  h = h + mu;
  for (t in 2:T) h[t] = h[t] + phi * (h[t-1] - mu);
}
model {
  phis ~ beta(20, 1.5);
  sigma ~ normal(0, 1);
  mu ~ normal(0, 5);
  h_std ~ normal(0, 1);
  y ~ normal(0, exp(h / 2));
}
