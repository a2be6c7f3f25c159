"""The JSON Schema of the native format, and the reference made by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from slo_toolkit.spec import __path__ as spec_path
from slo_toolkit.spec import json_schema
from tests.spec.documents import NATIVE, SLOTH, changed, loaded

REFERENCE = Path(__file__).parents[2] / "docs" / "spec.md"


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that the schema knows, with its own schema."""
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from properties(inner)
        yield from properties(inner.get("items", {}))


def test_it_is_a_valid_schema_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_it_takes_what_loads() -> None:
    for document in (NATIVE, changed(SLOTH, ("prometheus/v1", "slo-toolkit/v1"))):
        jsonschema.validate(yaml.safe_load(document), json_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("metric:", "metrics:"),
        ("99.5", "100"),
        ("burn_rate: 10", "burn_rate: 10\n          budget_percent: 2"),
        ("severity: page", "severity: pager"),
        ("short_window: 5m", "short_window: 5"),
        ("service: shop", "service: shop-"),
        ("    period", "    labels: {sloth_id: x}\n    period"),
    ],
)
def test_it_refuses_what_loading_refuses(old: str, new: str) -> None:
    document = changed(NATIVE, (old, new))
    assert loaded(document).problems
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(document), json_schema())


def test_every_key_has_a_description_and_examples_are_valid() -> None:
    for name, schema in properties(json_schema()):
        assert schema["description"].rstrip().endswith("."), name
        for example in schema.get("examples", ()):
            jsonschema.validate(example, schema)


def test_the_reference_names_every_key_with_its_default() -> None:
    reference = REFERENCE.read_text()
    missing = {name for name, _ in properties(json_schema()) if f"`{name}`" not in reference}
    assert missing == set()


def test_the_reference_names_every_check() -> None:
    reference = REFERENCE.read_text().partition("## Problems")[2]
    sources = "".join(path.read_text() for path in Path(spec_path[0]).glob("*.py"))
    checks = set(re.findall(r'rule="([a-z-]+)"', sources))
    assert {name for name in checks if f"`{name}`" not in reference} == set()


def test_every_example_of_the_reference_loads() -> None:
    blocks = [block.split("```")[0] for block in REFERENCE.read_text().split("```yaml\n")[1:]]
    specs = [block for block in blocks if block.startswith("version:")]
    assert len(specs) > 2
    for spec in specs:
        assert [problem.message for problem in loaded(spec).problems] == []
