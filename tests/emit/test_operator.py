from __future__ import annotations

from typing import Any

import pytest
import yaml

from slo_toolkit.duration import Duration
from slo_toolkit.emit.operator import prometheus_rules
from slo_toolkit.emit.rules import rule_file
from slo_toolkit.naming import object_name
from slo_toolkit.slo import KubernetesMeta

from .slos import plan


def _objects(*plans: Any, **options: Any) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(prometheus_rules(plans, **options)))


def test_an_slo_from_kubernetes_keeps_its_name_namespace_labels_and_annotations() -> None:
    meta = KubernetesMeta("shop-slo", "monitoring", {"prometheus": "main"}, {"note": "kept"})
    (found,) = _objects(plan(kubernetes=meta))
    assert found["apiVersion"] == "monitoring.coreos.com/v1"
    assert found["kind"] == "PrometheusRule"
    assert found["metadata"] == {
        "name": "shop-slo",
        "namespace": "monitoring",
        "labels": {
            "app.kubernetes.io/component": "SLO",
            "app.kubernetes.io/managed-by": "slo-toolkit",
            "prometheus": "main",
        },
        "annotations": {"note": "kept"},
    }


def test_other_slos_share_one_object_for_their_service() -> None:
    plans = plan("errors", service="Check_Out"), plan("latency", service="Check_Out")
    (found,) = _objects(*plans)
    assert found["metadata"]["name"] == "check-out"
    assert found["spec"] == yaml.safe_load(rule_file(plans))


def test_each_service_is_a_document_of_its_own() -> None:
    assert [o["metadata"]["name"] for o in _objects(plan(service="a"), plan(service="b"))] == ["a", "b"]


def test_the_groups_are_those_of_the_rule_file_with_for() -> None:
    waiting = plan(alerting={"pending_for": Duration.of(minutes=3)})
    (found,) = _objects(waiting)
    assert found["spec"] == yaml.safe_load(rule_file([waiting]))
    rules = [rule for group in found["spec"]["groups"] for rule in group["rules"]]
    assert {rule["for"] for rule in rules if rule.get("labels", {}).get("sloth_severity") == "page"} == {"3m"}


def test_labels_of_the_call_stand_on_every_object_and_win() -> None:
    meta = KubernetesMeta("shop-slo", "monitoring", {"release": "old", "prometheus": "main"})
    labels = {"release": "kube-prometheus-stack", "app.kubernetes.io/managed-by": "flux"}
    found = _objects(plan(kubernetes=meta), plan(service="cart"), labels=labels)
    assert [one["metadata"]["labels"] for one in found] == [
        {"app.kubernetes.io/component": "SLO", **labels, **more} for more in ({"prometheus": "main"}, {})
    ]


def test_a_namespace_of_the_call_is_for_objects_that_have_none() -> None:
    plans = (
        plan(kubernetes=KubernetesMeta("a", "own")),
        plan(kubernetes=KubernetesMeta("b")),
        plan(service="c"),
    )
    names = [(o["metadata"]["name"], o["metadata"]["namespace"]) for o in _objects(*plans, namespace="slo")]
    assert names == [("a", "own"), ("b", "slo"), ("c", "slo")]


@pytest.mark.parametrize(("service", "name"), [("shop", "shop"), ("Shop_API", "shop-api"), ("a..b", "a-b")])
def test_a_service_becomes_a_name_that_kubernetes_takes(service: str, name: str) -> None:
    assert object_name(service) == name
