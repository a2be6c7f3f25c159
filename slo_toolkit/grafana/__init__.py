"""Grafana's HTTP API: dashboards and their folders, compared with files and written. Knows no SLO."""
