"""The first lines of every generated file."""

from slo_toolkit.emit.output import GENERATED_MARK

_ADVICE = "Change the spec and run `slo compile` again."

YAML_HEADER = f"# {GENERATED_MARK}\n# {_ADVICE}\n"
MARKDOWN_HEADER = f"<!-- {GENERATED_MARK} {_ADVICE} -->\n"
DASHBOARD_HEADER = f"{GENERATED_MARK} {_ADVICE}"
"""For the description of a dashboard: JSON has no comments."""
