"""What a hint advises can be done in the dialect of the document, or the hint says where it can."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from slo_toolkit.spec import LoadOptions, Source, load_windows
from slo_toolkit.spec.dialects import KUBERNETES as KUBERNETES_DIALECT
from slo_toolkit.spec.dialects import NATIVE as NATIVE_DIALECT
from slo_toolkit.spec.dialects import OPENSLO as OPENSLO_DIALECT
from slo_toolkit.spec.dialects import SLOTH as SLOTH_DIALECT
from slo_toolkit.spec.dialects import Dialect
from slo_toolkit.spec.kinds import Kind, ListOf
from slo_toolkit.spec.shape import Section
from tests.spec.documents import KUBERNETES, OPENSLO, SLOTH, WINDOWS, changed, loaded, only_slo, told

W = "[{{.window}}]"
DOCUMENTS = {"sloth": SLOTH, "kubernetes": KUBERNETES, "openslo": OPENSLO}
DIALECTS = {"sloth": SLOTH_DIALECT, "kubernetes": KUBERNETES_DIALECT, "openslo": OPENSLO_DIALECT}
SHORT_WINDOWS = load_windows(
    [Source("w.yaml", changed(WINDOWS, ("sloPeriod: 7d", "sloPeriod: 30d"), ("5m, ", "1m, ")).encode())]
).windows

# Native keys, and where they stand in place of a key of the documents above.
NATIVE_KEYS = {
    "sloth": [
        ("    objective:", "    group_by: [zone]\n    objective:"),
        ("    objective:", "    period: 7d\n    scrape_interval: 1m\n    objective:"),
        ("    alerting:\n", "    alerting:\n      for: 5m\n      tiers: []\n      min_error_events: 5\n"),
        ("        error_query:", "        good_query:"),
        ("      events:", "      availability:"),
        ("service: shop\n", "service: shop\nrunbook_url: https://example.com\n"),
    ],
    "kubernetes": [
        ("      objective:", "      groupBy: [zone]\n      objective:"),
        ("      objective:", "      group_by: [zone]\n      objective:"),
        ("      alerting:\n", "      alerting:\n        for: 5m\n        tiers: []\n"),
        ("          errorQuery:", "          goodQuery:"),
        ("  service: shop\n", "  service: shop\n  scrape_interval: 1m\n"),
    ],
    "openslo": [("      target: 0.95", "      target: 0.95\n      groupBy: [zone]")],
}


def keys_of(kind: Kind) -> Iterator[str]:
    match kind:
        case ListOf(kind=inner):
            yield from keys_of(inner)
        case Section(keys=keys):
            for name, key in keys.items():
                yield name
                yield from keys_of(key.kind)


def only_native(dialect: Dialect) -> set[str]:
    """Keys of the native format that a document of this dialect cannot have."""
    own = set(keys_of(dialect.root))
    return {
        name for name in keys_of(NATIVE_DIALECT.root) if name not in own and dialect.spell(name) not in own
    }


def advised(text: str) -> set[str]:
    """The words that a hint puts into code, without what stands around keys."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[a-z_A-Z]+", code)}


def provoking(name: str) -> Iterator[tuple[str, LoadOptions]]:
    """Documents of a dialect with every mistake that has a hint about keys."""
    document, none = DOCUMENTS[name], LoadOptions()
    objective = ("target: 0.999", "target: 0.8") if name == "openslo" else ("99.9", "80")
    yield changed(document, objective), none
    yield changed(document, (objective[0], objective[1].replace("0.8", "0.005").replace("80", "0.5"))), none
    yield document, LoadOptions(windows=SHORT_WINDOWS)
    yield document.replace(f'{{code=~"5.."}}{W}', W).replace(f'{{code!~"5.."}}{W}', W), none
    yield document.replace("requests_total{code", 'requests_total{cluster="a",code'), none
    yield re.sub(r"sum\(rate\(requests_total\{[^)]*\)\)", f'sum(rate(t_bucket{{le="1"}}{W}))', document), none
    yield document.replace(f"sum(rate(requests_total{W}))", f"sum(rate(requests_total{W})) > 100"), none
    yield document.replace("[{{.window}}]", "[5m]"), none
    for old, new in NATIVE_KEYS[name]:
        yield changed(document, (old, new)), none


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_hint_advises_a_key_of_the_native_format_without_saying_so(name: str) -> None:
    foreign = only_native(DIALECTS[name])
    assert "tiers" in foreign
    problems = [
        p for document, options in provoking(name) for p in loaded(document, options=options).problems
    ]
    assert len(problems) > len(NATIVE_KEYS[name])
    for problem in problems:
        words = advised(problem.hint)
        if problem.rule not in ("unknown-key", "missing"):
            words |= advised(problem.message)
        if "slo-toolkit/v1" not in problem.hint:
            assert words & foreign == set(), problem


@pytest.mark.parametrize("name", ["sloth", "kubernetes"])
def test_an_unknown_key_that_the_native_format_has_says_where_it_works(name: str) -> None:
    for old, new in NATIVE_KEYS[name]:
        problems = loaded(changed(DOCUMENTS[name], (old, new))).problems
        unknown = [problem for problem in problems if problem.rule == "unknown-key"]
        assert unknown
        assert all("slo-toolkit/v1" in problem.hint for problem in unknown), unknown


def test_the_way_from_sloth_to_tiers_can_be_gone() -> None:
    low = changed(SLOTH, ("99.9", "80"))
    (problem,) = loaded(low).problems
    assert "`version: slo-toolkit/v1` takes the same file" in problem.hint
    tiers = "      tiers: [{severity: page, burn_rate: 2, long_window: 1h, short_window: 5m}]\n"
    followed = changed(
        low, ("prometheus/v1", "slo-toolkit/v1"), ("    alerting:\n", f"    alerting:\n{tiers}")
    )
    assert len(only_slo(followed).alerting.tiers) == 1


@pytest.mark.parametrize("name", ["sloth", "kubernetes"])
def test_the_way_to_other_windows_can_be_gone(name: str) -> None:
    low = changed(DOCUMENTS[name], ("99.9", "80"))
    (problem,) = loaded(low).problems
    assert "give `--windows` an AlertWindows document with a smaller `errorBudgetPercent`" in problem.hint
    smaller = changed(
        WINDOWS,
        ("sloPeriod: 7d", "sloPeriod: 30d"),
        ("errorBudgetPercent: 8", "errorBudgetPercent: 0.5"),
        ("errorBudgetPercent: 12.5", "errorBudgetPercent: 2"),
        ("errorBudgetPercent: 20", "errorBudgetPercent: 5"),
    )
    windows = load_windows([Source("w.yaml", smaller.encode())])
    assert windows.problems == ()
    only_slo(low, LoadOptions(windows=windows.windows))


def test_an_openslo_target_is_advised_as_a_ratio() -> None:
    assert told(loaded(changed(OPENSLO, ("target: 0.999", "target: 0.00999")))) == [
        "a.yaml:20:15 warning: an objective of 0.999 % lets nearly everything fail - did you mean 0.999?"
    ]
