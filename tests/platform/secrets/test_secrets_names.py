"""The one list of secrets, and what the documentation says of it."""

import re

import pytest

from demo_service.security.api_keys import KeyScope
from tests.platform.secrets.conftest import NAMES, ROOT

GUIDE = (ROOT / "docs/secrets.md").read_text()
MADE_AS = {
    "password": "made: 40 random letters and digits",
    "api-key": "made: `kid.secret`, 43 random letters and digits",
    "given": "given",
}


def test_names_differ_and_fit_into_paths_and_environments() -> None:
    names = [parameter["name"] for parameter in NAMES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert all(re.fullmatch(r"[A-Z0-9_]+", parameter["variable"]) for parameter in NAMES)


def test_a_value_as_it_is_has_the_variable_of_its_own_name() -> None:
    """A variable of another name says that another thing is in it: a hash."""
    for parameter in NAMES:
        same = parameter["variable"] == parameter["name"].upper()
        assert same == (parameter["written"] == "plain"), parameter["name"]


def test_operators_find_the_names_they_know() -> None:
    assert {"db_password", "minio_password", "meili_key", "api_key", "grafana_password"} <= {
        parameter["name"] for parameter in NAMES
    }


def test_keys_have_scopes_that_the_service_knows() -> None:
    scopes = [parameter["scopes"] for parameter in NAMES if parameter["written"] == "api-key-line"]
    assert len(scopes) == 2
    assert all(set(each.split(",")) < set(KeyScope) for each in scopes)


@pytest.mark.parametrize("parameter", NAMES, ids=lambda parameter: parameter["name"])
def test_the_guide_says_the_same(parameter: dict[str, str]) -> None:
    source = MADE_AS[parameter["made"]] + (", optional" if parameter.get("optional") else "")
    row = f"| `{parameter['name']}` | `{parameter['variable']}` | {parameter['about']} | {source} |"
    assert row in GUIDE.splitlines()


def test_the_guide_names_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `\w+` \|", GUIDE, re.MULTILINE)
    assert rows == [parameter["name"] for parameter in NAMES]
