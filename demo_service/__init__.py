"""A contact and document service as a team would run it: the thing the SLOs are about.

The package knows nothing of SLO tooling. Whoever measures it reads ``/metrics`` on the internal listener.
"""

__version__ = "1.0.0"
