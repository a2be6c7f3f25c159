"""The few calls of Prometheus's HTTP API that the live tests make, strict about every error and warning."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

QUERY_TIMEOUT_SECONDS = 600


class QueryFailedError(AssertionError):
    """Prometheus refused or could not answer a query."""


def instant(address: str, query: str, at: float) -> list[tuple[dict[str, str], float]]:
    data = _call(address, "query", {"query": query, "time": repr(at)})
    if data["resultType"] == "scalar":
        return [({}, float(data["result"][1]))]
    return [(row["metric"], float(row["value"][1])) for row in data["result"]]


def value(address: str, query: str, at: float) -> float | None:
    """The one value of a query, None when it has no sample."""
    rows = instant(address, query, at)
    if len(rows) > 1:
        raise QueryFailedError(f"{len(rows)} series instead of one for {query}")
    return rows[0][1] if rows else None


def samples_read(address: str, query: str, at: float) -> int:
    """How many samples Prometheus reads for one evaluation."""
    data = _call(address, "query", {"query": query, "time": repr(at), "stats": "all"})
    return int(data["stats"]["samples"]["totalQueryableSamples"])


def query_range(
    address: str, query: str, start: float, end: float, step: float
) -> list[tuple[dict[str, str], list[tuple[float, str]]]]:
    parameters = {"query": query, "start": repr(start), "end": repr(end), "step": repr(step)}
    data = _call(address, "query_range", parameters)
    return [(row["metric"], row["values"]) for row in data["result"]]


def _call(address: str, endpoint: str, parameters: dict[str, str]) -> dict[str, Any]:
    request = Request(f"{address}/api/v1/{endpoint}", data=urlencode(parameters).encode())
    try:
        with urlopen(request, timeout=QUERY_TIMEOUT_SECONDS) as answer:
            body: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        raise QueryFailedError(
            f"{error.read().decode(errors='replace')}\nquery: {parameters['query']}"
        ) from error
    data: dict[str, Any] = body["data"]
    return data
