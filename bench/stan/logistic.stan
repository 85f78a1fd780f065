// From the project's measurements of Stan; see bench/stan.py.
// eXMC STANDARD_BENCHMARKS.md logistic: alpha,beta ~ N(0,10)
data { int<lower=0> N; int<lower=0> K; matrix[N,K] X; int<lower=0,upper=1> y[N]; }
parameters { real alpha; vector[K] beta; }
model {
  alpha ~ normal(0, 10);
  beta ~ normal(0, 10);
  y ~ bernoulli_logit(alpha + X * beta);
}
