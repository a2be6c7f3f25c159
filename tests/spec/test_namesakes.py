"""Names that are too long for a file, and names of which one would replace the other."""

from __future__ import annotations

import pytest

from slo_toolkit.naming import LONGEST_NAME
from slo_toolkit.recipe import Recipe, RuleFormat
from slo_toolkit.spec import LoadOptions

from .documents import KUBERNETES, OPENSLO, SLOTH, changed, loaded, told

FILES = LoadOptions(recipe=Recipe(RuleFormat.PROMETHEUS))
OBJECTS = LoadOptions(recipe=Recipe(RuleFormat.OPERATOR))


def _service(name: str, document: str = SLOTH) -> str:
    return changed(document, ("service: shop\n", f"service: {name}\n"))


@pytest.mark.parametrize("options", [None, OBJECTS], ids=["any-format", "objects"])
@pytest.mark.parametrize("other", ["a-b", "A_B", "a--b"])
def test_two_services_whose_objects_have_one_name(other: str, options: LoadOptions | None) -> None:
    (line,) = told(loaded(_service("a.b"), _service(other), options=options))
    assert line.startswith(
        f"b.yaml:2:10 error: the PrometheusRule object of `{other}` is called `a-b`, as that of `a.b` at a.yaml:2:10"
    )


def test_where_no_objects_are_made_their_names_do_not_matter() -> None:
    assert told(loaded(_service("a.b"), _service("a-b"), options=FILES)) == []


def test_one_service_in_several_documents_shares_its_object() -> None:
    second = changed(SLOTH, ("availability\n    obj", "second\n    obj"))
    assert told(loaded(SLOTH, second)) == []


def test_a_resource_and_its_namespace_name_the_object() -> None:
    named = changed(KUBERNETES, ("name: shop-slos", "name: cart"), ("service: shop", "service: other"))
    cart = _service("cart")
    assert told(loaded(named, cart)) == []
    there = LoadOptions(recipe=Recipe(RuleFormat.OPERATOR, namespace="monitoring"))
    (line,) = told(loaded(named, cart, options=there))
    assert "the PrometheusRule object of `cart` is called `cart`, as that of `other` at a.yaml:9:12" in line


def test_names_that_differ_in_case_alone_are_one_file_on_some_systems() -> None:
    (line,) = told(loaded(_service("shop"), _service("Shop"), options=FILES))
    assert line.startswith(
        "b.yaml:2:10 warning: the files of `Shop` are those of `shop` at a.yaml:2:10 on a file"
    )
    second = changed(SLOTH, ("- name: availability", "- name: Availability"))
    (line,) = told(loaded(SLOTH, second))
    assert "the files of `Availability` are those of `availability`" in line


@pytest.mark.parametrize("document", [SLOTH, KUBERNETES, OPENSLO], ids=["sloth", "kubernetes", "openslo"])
def test_a_service_whose_files_could_not_be_written(document: str) -> None:
    assert told(loaded(_service("x" * LONGEST_NAME, document))) == []
    (problem,) = loaded(_service("x" * (LONGEST_NAME + 1), document)).problems
    assert problem.message.endswith("...` has 238 characters, and 237 is the most")
    assert problem.rule == "name"


def test_a_resource_with_a_name_that_kubernetes_refuses() -> None:
    (problem,) = loaded(changed(KUBERNETES, ("name: shop-slos", f"name: {'x' * 254}"))).problems
    assert problem.message.endswith("has 254 characters, and 253 is the most")
    assert problem.position.line == 4
