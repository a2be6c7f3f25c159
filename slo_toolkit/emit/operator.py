"""Plans as PrometheusRule objects of the Prometheus operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slo_toolkit import naming
from slo_toolkit.emit.header import YAML_HEADER
from slo_toolkit.emit.rules import groups_text
from slo_toolkit.emit.yaml import Value, document
from slo_toolkit.plan.model import Plan
from slo_toolkit.slo import KubernetesMeta, Labels, Slo

MANAGED_BY = "slo-toolkit"


def prometheus_rules(
    plans: Sequence[Plan],
    managed_by: str = MANAGED_BY,
    labels: Labels | None = None,
    namespace: str = "",
) -> str:
    """One document for each object: the SLOs of one Kubernetes resource, or else of one service.

    SLOs whose objects have the same name and namespace share one, since the second would replace the first.
    `labels` win over all others of an object; `namespace` is for objects that have none.
    """
    objects: dict[tuple[str, str], list[Plan]] = {}
    for plan in plans:
        meta = _meta(plan.slo)
        objects.setdefault((meta.namespace or namespace, meta.name), []).append(plan)
    return "---\n".join(
        _object_text(group, place, managed_by, labels or {}) for (place, _), group in objects.items()
    )


def _meta(slo: Slo) -> KubernetesMeta:
    """What names the object that holds the rules of `slo`."""
    return slo.kubernetes or KubernetesMeta(naming.object_name(slo.service))


def _object_text(plans: Sequence[Plan], namespace: str, managed_by: str, labels: Labels) -> str:
    meta = replace(_meta(plans[0].slo), namespace=namespace)
    head: dict[str, Value] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(meta, managed_by, labels),
    }
    groups = groups_text((group for plan in plans for group in plan.groups), "  ")
    return f"{YAML_HEADER}{document(head)}spec:\n{groups}"


def _metadata(meta: KubernetesMeta, managed_by: str, labels: Labels) -> dict[str, Value]:
    all_labels = {
        **meta.labels,
        "app.kubernetes.io/component": "SLO",
        "app.kubernetes.io/managed-by": managed_by,
        **labels,
    }
    metadata: dict[str, Value] = {"name": meta.name}
    if meta.namespace:
        metadata["namespace"] = meta.namespace
    metadata["labels"] = dict(sorted(all_labels.items()))
    if meta.annotations:
        metadata["annotations"] = dict(sorted(meta.annotations.items()))
    return metadata
