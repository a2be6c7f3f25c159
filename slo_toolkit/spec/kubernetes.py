"""Sloth's Kubernetes resource: prometheus/v1 in camelCase, with an object's metadata around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slo_toolkit.slo import KubernetesMeta
from slo_toolkit.spec import sloth
from slo_toolkit.spec.kinds import Anything, Choice, Text
from slo_toolkit.spec.maps import TextMap
from slo_toolkit.spec.shape import Key, Section, camel, respelled

API_VERSION = "sloth.slok.dev/v1"
KIND = "PrometheusServiceLevel"

# What the API server adds to an object that was applied.
_SERVER_KEYS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)

_LONGEST_NAME = 253
"""Of an object: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"""

METADATA = Section(
    "`metadata`",
    {
        **dict.fromkeys(_SERVER_KEYS, Key(Anything(), "Set by the API server.")),
        "name": Key(Text(rule="name", longest=_LONGEST_NAME), "Name of the object.", required=True),
        "namespace": Key(Text(), "Namespace of the object."),
        "labels": Key(TextMap(any_name=True), "Labels of the object."),
        "annotations": Key(TextMap(name="annotation", any_name=True), "Annotations of the object."),
    },
)

_BODY = Section("`spec`", {name: key for name, key in sloth.ROOT.keys.items() if name != "version"})

ROOT = Section(
    "a PrometheusServiceLevel",
    {
        "apiVersion": Key(Choice(API_VERSION), "The format of this document.", required=True),
        "kind": Key(Choice(KIND), "The kind of object.", required=True),
        "metadata": Key(METADATA, "Name and labels of the object.", required=True),
        "spec": Key(respelled(_BODY, camel), "The SLOs.", required=True),
        "status": Key(Anything(), "Set by Sloth's controller."),
    },
)


def metadata(root: Mapping[str, Any]) -> KubernetesMeta:
    """What a PrometheusRule made from this object takes over."""
    meta = root.get("metadata", {})
    return KubernetesMeta(
        name=meta.get("name", ""),
        namespace=meta.get("namespace", ""),
        labels=meta.get("labels", {}),
        annotations=meta.get("annotations", {}),
    )
