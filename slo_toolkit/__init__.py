"""The SLO toolkit: SLO specs in, exact burn-rate rules, alerts, tests and runbooks out."""

__version__ = "0.1.0"
