"""Reads an SLO with its own queries, where no rules record it yet: dear, but it needs nothing but a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slo_toolkit.query.failures import QueryFailed
from slo_toolkit.query.samples import Sample
from slo_toolkit.slo import Slo
from slo_toolkit.status.active_alerts import with_alerts
from slo_toolkit.status.batches import asked_in_batches
from slo_toolkit.status.periods import Period, Rolling
from slo_toolkit.status.raw_question import Outcome, Question
from slo_toolkit.status.reading import FIGURE, SLOS_PER_REQUEST, Reading, Source, read_figures


def read_raw(
    source: Source, slos: Sequence[Slo], at: float, period: Period | None = None
) -> tuple[Reading, ...]:
    """One reading for each SLO and group, over `period` or else over the SLO's own.

    An SLO whose queries the server refuses, or does not answer in time, has a reading that says so, and the others
    are still read. Raises QueryFailed where the server's answers cannot be understood at all.
    """
    questions = [Question(slo, (period or Rolling(slo.period)).span(at)) for slo in slos]
    outcomes = asked_in_batches(
        lambda batch, share: _ask(source, batch, at, share),
        [dict(question.expressions()) for question in questions],
        SLOS_PER_REQUEST,
    )
    readings = [
        reading
        for question, outcome in zip(questions, _with_usual(source, questions, outcomes, at), strict=True)
        for reading in question.readings(outcome, at)
    ]
    return with_alerts(source, readings, slos, at)


def _with_usual(
    source: Source, questions: Sequence[Question], outcomes: Sequence[Outcome], at: float
) -> list[Outcome]:
    """The outcomes, and of each question whose error query matches nothing any more, what was usual before."""
    found = list(outcomes)
    more = {
        number: asked
        for number, (question, outcome) in enumerate(zip(questions, outcomes, strict=True))
        if not isinstance(outcome, QueryFailed) and (asked := question.unusual(outcome, at))
    }
    answers = asked_in_batches(
        lambda batch, share: _ask(source, batch, at, share), list(more.values()), SLOS_PER_REQUEST
    )
    for number, answer in zip(more, answers, strict=True):
        former = found[number]
        if isinstance(answer, QueryFailed) or isinstance(former, QueryFailed):
            found[number] = answer
        else:
            found[number] = [*former, *answer]
    return found


def _ask(source: Source, batch: Sequence[Mapping[str, str]], at: float, share: float) -> list[list[Sample]]:
    """The samples of each question."""
    expressions = {
        f"{number}/{name}": expression
        for number, question in enumerate(batch)
        for name, expression in question.items()
    }
    answers: list[list[Sample]] = [[] for _ in batch]
    for sample in read_figures(source, expressions, at, share):
        number, _, name = sample.labels[FIGURE].partition("/")
        labels = {**sample.labels, FIGURE: name}
        answers[int(number)].append(Sample(labels, sample.value, sample.time))
    return answers
