"""Statuses as text: for people, for pipelines, for other programs. Nothing is computed here."""
