"""Rules proven by execution: a real Prometheus runs them on data whose answer is known by counting."""
