// From the project's measurements of Stan; see bench/stan.py.
// eXMC "Stress" (d=8): 3-group hierarchical. RECONSTRUCTION.
data { int<lower=0> N; vector[N] y1; vector[N] y2; vector[N] y3; }
parameters {
  real mu_pop; real<lower=0> sigma_pop;
  vector[3] g; vector<lower=0>[3] s;
}
model {
  mu_pop ~ normal(0, 10);
  sigma_pop ~ exponential(0.5);
  g ~ normal(mu_pop, sigma_pop);
  s ~ exponential(1);
  y1 ~ normal(g[1], s[1]);
  y2 ~ normal(g[2], s[2]);
  y3 ~ normal(g[3], s[3]);
}
