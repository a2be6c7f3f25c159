"""The JSON Schema of the native format, for editors."""

from __future__ import annotations

from slo_toolkit.spec import native
from slo_toolkit.spec.kinds import JsonSchema


def json_schema() -> JsonSchema:
    """JSON Schema, draft 2020-12, of `version: slo-toolkit/v1`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": native.VERSION,
        "description": "Service level objectives of one service.",
    } | native.ROOT.schema()
