"""Plans as PrometheusRule objects of the Prometheus operator."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.rules import groups_text
from slo_toolkit.emit.yaml import Value, document
from slo_toolkit.plan.model import Plan
from slo_toolkit.slo import KubernetesMeta, Slo

MANAGED_BY = "slo-toolkit"
_LONGEST_NAME = 253
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def prometheus_rules(plans: Sequence[Plan], managed_by: str = MANAGED_BY) -> str:
    """One document for each object: the SLOs of one Kubernetes resource, or else of one service.

    SLOs whose objects have the same name and namespace share one, since the second would replace the first.
    """
    objects: dict[tuple[str, str], list[Plan]] = {}
    for plan in plans:
        meta = object_meta(plan.slo)
        objects.setdefault((meta.namespace, meta.name), []).append(plan)
    return "---\n".join(_object_text(group, managed_by) for group in objects.values())


def object_meta(slo: Slo) -> KubernetesMeta:
    """What names the object that holds the rules of `slo`."""
    return slo.kubernetes or KubernetesMeta(name=object_name(slo.service))


def object_name(service: str) -> str:
    """`service` as Kubernetes takes it for a name: lower case letters, digits and dashes."""
    return _NOT_IN_A_NAME.sub("-", service.lower())[:_LONGEST_NAME].strip("-")


def _object_text(plans: Sequence[Plan], managed_by: str) -> str:
    head: dict[str, Value] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(object_meta(plans[0].slo), managed_by),
    }
    groups = groups_text((group for plan in plans for group in plan.groups), "  ")
    return f"{YAML_HEADER}{document(head)}spec:\n{groups}"


def _metadata(meta: KubernetesMeta, managed_by: str) -> dict[str, Value]:
    labels = {
        **meta.labels,
        "app.kubernetes.io/component": "SLO",
        "app.kubernetes.io/managed-by": managed_by,
    }
    metadata: dict[str, Value] = {"name": meta.name}
    if meta.namespace:
        metadata["namespace"] = meta.namespace
    metadata["labels"] = dict(sorted(labels.items()))
    if meta.annotations:
        metadata["annotations"] = dict(sorted(meta.annotations.items()))
    return metadata
