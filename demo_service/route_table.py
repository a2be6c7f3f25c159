"""Which operation a request is for, known before anything else looks at it.

Metrics, logs, the guard and the body limit need the route template early, also for requests that never
reach the router. The table is made from the OpenAPI document, so what is documented and what is enforced
cannot drift apart: an operation states its scope in ``x-required-scope``, or is not served at all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

UNMATCHED = "__unmatched__"
"""The one route label of every path that the application does not have."""

OTHER_METHOD = "OTHER"
"""The one method label of every verb that HTTP does not define; a client can invent any number."""

SCOPE_EXTENSION = "x-required-scope"
NO_SCOPE = "none"
OUTSIDE_SLI_EXTENSION = "x-outside-sli"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_STATE_KEY = "demo_service.target"


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """One method of one route."""

    method: str
    route: str
    success_status: int
    required_scope: str | None
    """None: anybody may."""
    outside_sli: bool
    """Probes and administration are no user traffic."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is for, in label values that form a closed set."""

    method: str
    route: str
    operation: KnownOperation | None
    """None for an unknown path or a method that the path does not have."""
    outside_sli: bool


class RouteTable:
    """Finds the target of a request by its method and path."""

    def __init__(self, operations: Iterable[KnownOperation]) -> None:
        self._operations: dict[str, dict[str, KnownOperation]] = {}
        for operation in operations:
            self._operations.setdefault(operation.route, {})[operation.method] = operation
        self._patterns = [(_pattern(route), route) for route in self._operations if "{" in route]

    @classmethod
    def from_openapi(cls, document: Mapping[str, Any], undocumented: Iterable[str] = ()) -> "RouteTable":
        """The operations of an OpenAPI document, and GET on paths that are served without being in it."""
        pages = [KnownOperation("GET", path, 200, None, outside_sli=False) for path in undocumented]
        return cls([*_documented(document), *pages])

    def operations(self) -> Iterator[KnownOperation]:
        """Every operation."""
        for methods in self._operations.values():
            yield from methods.values()

    def target(self, scope: Scope) -> Target:
        """What the request of an ASGI scope is for; remembered in the scope."""
        known: Target | None = scope.get(_STATE_KEY)
        if known is None:
            known = scope[_STATE_KEY] = self._find(scope["method"], scope["path"])
        return known

    def _find(self, method: str, path: str) -> Target:
        label = method if method in _METHODS else OTHER_METHOD
        route = self._route(method, path)
        if route is None:
            return Target(label, UNMATCHED, None, outside_sli=False)
        methods = self._operations[route]
        outside_sli = all(operation.outside_sli for operation in methods.values())
        return Target(label, route, methods.get(method), outside_sli)

    def _route(self, method: str, path: str) -> str | None:
        """The route of a path; among several, as ``/documents/search`` has, one that has the method."""
        candidates = [path] if path in self._operations and "{" not in path else []
        candidates += [route for pattern, route in self._patterns if pattern.fullmatch(path)]
        having_method = (route for route in candidates if method in self._operations[route])
        return next(having_method, candidates[0] if candidates else None)


def _documented(document: Mapping[str, Any]) -> Iterator[KnownOperation]:
    for path, methods in document["paths"].items():
        for method, description in methods.items():
            scope = description.get(SCOPE_EXTENSION)
            if scope is None:
                raise ValueError(f"{method.upper()} {path} does not state its {SCOPE_EXTENSION}")
            yield KnownOperation(
                method=method.upper(),
                route=path,
                success_status=min(
                    int(status) for status in description["responses"] if status.startswith("2")
                ),
                required_scope=None if scope == NO_SCOPE else scope,
                outside_sli=description.get(OUTSIDE_SLI_EXTENSION, False),
            )


def _pattern(route: str) -> re.Pattern[str]:
    literals = re.split(r"\{[^}]+\}", route)
    return re.compile("[^/]+".join(map(re.escape, literals)))
