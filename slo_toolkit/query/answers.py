"""From the body of an HTTP answer to typed samples, or to the word on what it is instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from slo_toolkit.query.failures import WrongAnswer
from slo_toolkit.query.samples import Sample, Series

T = TypeVar("T")

_SHOWN_CHARACTERS = 300
_IS_IT_PROMETHEUS = "is this the address of a Prometheus, and is no login page before it?"
_PARTIAL = "the server says that its answer is partial"
_UNREADABLE = "a warning that is no text"


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer of Prometheus, its result not yet typed."""

    asked: str
    kind: str
    result: Any
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


def document_of(body: bytes) -> Any:
    """The JSON of a body, None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def plain(text: str) -> str:
    """The server's words on one line, without control characters, cut where they get long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 1] + "…"


def read_answer(asked: str, document: Any, body: bytes) -> Answer:
    """The answer in the JSON of a 2xx response. Raises WrongAnswer where it is none."""
    match document:
        case None:
            raise WrongAnswer(asked, describe(body), _IS_IT_PROMETHEUS)
        case {"status": "success", "data": {"resultType": str(kind), "result": result} as data}:
            # Thanos once put its warnings beside the result; VictoriaMetrics has a flag instead.
            warnings = (*_texts(document.get("warnings")), *_texts(data.get("warnings")))
            if document.get("isPartial") is True:
                warnings = (*warnings, _PARTIAL)
            return Answer(asked, kind, result, warnings, _texts(document.get("infos")))
        case _:
            raise WrongAnswer(asked, "JSON that is no answer of Prometheus", _IS_IT_PROMETHEUS)


def describe(body: bytes) -> str:
    """What a body is that is no JSON."""
    text = body[:4096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        return "an empty answer"
    if text.startswith("<"):
        title = re.search(r"<title[^>]*>(.*?)</title", text, re.IGNORECASE | re.DOTALL)
        return f"an HTML page ({plain(title[1])})" if title else "an HTML page"
    if text.startswith("{"):
        return f"JSON that is damaged or ends too early, after {len(body):,} bytes"
    return "text that is no JSON"


def samples_of(answer: Answer) -> tuple[Sample, ...]:
    """The samples of an instant query. Raises WrongAnswer where the result is neither vector nor scalar."""
    match answer.kind:
        case "vector":
            return _typed(answer, _sample)
        case "scalar":
            return _typed(Answer(answer.asked, "vector", [{"metric": {}, "value": answer.result}]), _sample)
        case kind:
            advice = "each series must have one value: a range such as x[5m] needs a function around it"
            raise WrongAnswer(answer.asked, f"a {plain(kind)} where a vector is due", advice)


def series_of(answer: Answer) -> tuple[Series, ...]:
    """The series of a range query. Raises WrongAnswer where the result is no matrix."""
    if answer.kind != "matrix":
        raise WrongAnswer(answer.asked, f"a {plain(answer.kind)} where a matrix is due", _IS_IT_PROMETHEUS)
    return _typed(answer, _series)


def _typed(answer: Answer, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    try:
        return tuple([read(row) for row in answer.result])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        if _holds_histograms(answer.result):
            advice = "ask for histogram_count(), histogram_sum() or histogram_quantile() of them"
            raise WrongAnswer(answer.asked, "native histograms where numbers are due", advice) from None
        raise WrongAnswer(
            answer.asked, f"a {answer.kind} whose samples cannot be read", _IS_IT_PROMETHEUS
        ) from None


def _sample(row: Mapping[str, Any]) -> Sample:
    time, value = row["value"]
    return Sample(_labels(row), _number(value), float(time))


def _series(row: Mapping[str, Any]) -> Series:
    return Series(_labels(row), tuple([(float(time), _number(value)) for time, value in row["values"]]))


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = row["metric"]
    if not all(isinstance(value, str) for value in labels.values()):
        raise TypeError("label values are text")
    return labels


def _number(text: Any) -> float:
    if not isinstance(text, str):
        raise TypeError("Prometheus writes values as text, since JSON has neither NaN nor infinity")
    return float(text)


def _holds_histograms(result: Any) -> bool:
    return isinstance(result, Sequence) and any(
        isinstance(row, Mapping) and ("histogram" in row or "histograms" in row) for row in result
    )


def _texts(values: Any) -> tuple[str, ...]:
    """Warnings as text. One that cannot be read is one still, since an answer with a warning is not sound."""
    match values:
        case None | []:
            return ()
        case [*texts]:
            return tuple([plain(text) if isinstance(text, str) else _UNREADABLE for text in texts])
        case _:
            return (_UNREADABLE,)
