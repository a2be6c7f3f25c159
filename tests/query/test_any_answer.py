"""Whatever JSON a server sends: samples, or a failure that says so; never anything else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slo_toolkit.query import QueryFailed, Sample, Series
from slo_toolkit.query.answers import document_of, read_answer, samples_of, series_of

ASKED = "http://prometheus/api/v1/query"

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
nearly_a_row = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("metric", "value", "values", "histogram"), anything)
)
nearly_an_answer = st.fixed_dictionaries(
    {
        "status": st.just("success"),
        "data": st.fixed_dictionaries(
            {
                "resultType": st.sampled_from(["vector", "scalar", "matrix", "string", 7]),
                "result": anything | st.lists(nearly_a_row, max_size=3),
            }
        ),
    },
    optional={"warnings": anything, "infos": anything, "isPartial": anything},
)


@given(nearly_an_answer | anything)
def test_json_of_any_shape(document: Any) -> None:
    body = json.dumps(document).encode()
    for read, kind in ((samples_of, Sample), (series_of, Series)):
        with suppress(QueryFailed):
            rows = read(read_answer(ASKED, document_of(body), body))
            assert all(isinstance(row, kind) for row in rows)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind(body: bytes) -> None:
    with suppress(QueryFailed):
        read_answer(ASKED, document_of(body), body)
        raise AssertionError("random bytes are no answer of Prometheus")
