"""From an Slo to the rules that Prometheus evaluates for it."""
