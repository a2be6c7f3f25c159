"""The live stack: the service with Prometheus and Alertmanager, a past to look back on, and an outage to watch."""
