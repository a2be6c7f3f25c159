"""`slo schema`: the native format for editors and other tools."""

from __future__ import annotations

import click


@click.command("schema", short_help="Print the JSON Schema of the native spec format.")
def command() -> None:
    """Print the JSON Schema of slo-toolkit/v1, for editors and other tools."""
    import json

    from slo_toolkit.spec import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
