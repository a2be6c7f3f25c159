"""Sources in; SLOs, problems and notes out. Nothing that stands in a source makes this raise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from slo_toolkit.duration import Duration
from slo_toolkit.errors import Level, Position, Problem
from slo_toolkit.meaning.text import WINDOW
from slo_toolkit.slo import Slo
from slo_toolkit.spec import alert_windows, dialects
from slo_toolkit.spec.assembly import Assembler, Draft
from slo_toolkit.spec.decoding import decode
from slo_toolkit.spec.dialects import Dialect
from slo_toolkit.spec.flaws import BrokenError, Flaw, Path, Place, Report
from slo_toolkit.spec.locating import Locator
from slo_toolkit.spec.namesakes import Owner, check_files, check_objects
from slo_toolkit.spec.options import AlertWindows, Loaded, LoadedWindows, LoadOptions
from slo_toolkit.spec.queries import Checks
from slo_toolkit.spec.reading import Document, read_documents
from slo_toolkit.spec.source import Source
from slo_toolkit.spec.suspects import Suspect, judge
from slo_toolkit.windows import WindowPair

# A file in a folder whose YAML is broken is ours if one of these words is in it, else another tool's.
_OUR_WORDS = ("slos:", '"slos"', "prometheus/v1", "slo-toolkit/", "sloth.slok.dev/", "openslo/")


def load(sources: Iterable[Source], options: LoadOptions) -> Loaded:
    """Every SLO of the sources, and everything that is wrong with them."""
    loading = _Loading()
    for source in sources:
        loading.read(source)
    found = AlertWindows(loading.alert_windows())
    windows = AlertWindows({**found.by_period, **(options.windows.by_period if options.windows else {})})
    drafts = [draft for spec in loading.specs for draft in loading.assemble(spec, options, windows)]
    loading.check_ids(drafts)
    loading.check_names(drafts, options)
    loading.judge()
    notes = tuple(dict.fromkeys(loading.notes))
    return Loaded(loading.sound(drafts), loading.problems(), notes, found)


def _only_in_native(dialect: Dialect, path: Path) -> str:
    from slo_toolkit.spec.advice import only_in_native  # only for specs with a flaw

    return only_in_native(path, dialect)


def _template(text: str, flaws: Sequence[Flaw] = ()) -> Flaw | None:
    """The one problem of a template that nobody rendered, told by itself or by the `flaws` that it has."""
    if "{%" not in text and text.count("{{") == len(WINDOW.findall(text)):
        return None
    from slo_toolkit.spec.templating import template_flaw, unrendered_flaw  # few texts hold other braces

    return unrendered_flaw(text, flaws) if flaws else template_flaw(text)


def load_windows(sources: Iterable[Source]) -> LoadedWindows:
    """The AlertWindows documents of the sources. An SLO among them is an error."""
    loading = _Loading()
    for source in sources:
        loading.read(source)
    for spec in loading.specs:
        if spec.dialect is not dialects.ALERT_WINDOWS:
            spec.report((), "alert windows are wanted here, not SLOs", rule="windows")
    return LoadedWindows(AlertWindows(loading.alert_windows()), loading.problems())


@dataclass(frozen=True, slots=True)
class _Spec:
    """A document of ours, read by the shape of its dialect."""

    source: int
    dialect: Dialect
    root: Mapping[str, Any]
    report: Report

    @property
    def at(self) -> Place:
        return Place((), self.report, self.dialect.spell)


@dataclass(frozen=True, slots=True)
class _SourcedDraft:
    """A draft and the number of its source."""

    source: int
    draft: Draft


class _Loading:
    """One run over all sources: what was read so far, and the flaws of each source."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.flaws: list[list[Flaw]] = []
        self.specs: list[_Spec] = []
        self.notes: list[str] = []
        self.suspects: list[Suspect] = []
        self.services: list[Owner] = []
        self._failures: list[Problem] = []
        self._locators: dict[int, Locator] = {}

    def read(self, source: Source) -> None:
        """Take in one source: its documents of ours, or why it has none."""
        self.sources.append(source)
        flaws: list[Flaw] = []
        self.flaws.append(flaws)
        if source.failure and not source.explicit:
            self.notes.append(f"skipped {source.name}: it {source.failure}")
            return
        if source.failure:
            self._failures.append(Problem(Position(source.name), f"this {source.failure}", rule="file"))
            return
        text, template = "", None
        try:
            text = decode(source.data)
            if (template := _template(text)) is not None:
                raise BrokenError(template)
            self._documents(text, source)
        except BrokenError as broken:
            if source.explicit or not text or any(word in text for word in _OUR_WORDS):
                flaws.extend((*broken.before, broken.flaw))
            else:
                self.notes.append(f"skipped {source.name}: {broken.flaw.message}")
        if flaws and template is None and (template := _template(text, flaws)) is not None:
            flaws[:] = [template]
            self.specs = [spec for spec in self.specs if spec.report.flaws is not flaws]

    def _documents(self, text: str, source: Source) -> None:
        documents = 0
        for document in read_documents(text):
            documents += document.value is not None
            self._take(document, source)
        if not documents:
            self._pass_over(source, "nothing stands in this file", 0)

    def _take(self, document: Document, source: Source) -> None:
        flaws = self.flaws[-1]
        report = Report(document.index, flaws)
        before = len(flaws)
        dialect = dialects.identify(document.value, report)
        if dialect is not None:
            flaws.extend(document.flaws)
            report.elsewhere = partial(_only_in_native, dialect)
            root = dialect.root.read(document.value, (), report)
            self.specs.append(_Spec(len(self.sources) - 1, dialect, root or {}, report))
        elif len(flaws) == before and document.value is not None:
            if source.explicit and document.flaws:
                flaws.extend(document.flaws)
            else:
                self._pass_over(source, dialects.describe(document.value), document.index)

    def _pass_over(self, source: Source, reason: str, document: int) -> None:
        if source.explicit:
            known = ", ".join(dict.fromkeys(dialect.version for dialect in dialects.DIALECTS))
            flaw = Flaw(reason, hint=f"known versions are {known}", rule="foreign", document=document)
            self.flaws[-1].append(flaw)
        else:
            self.notes.append(f"skipped {source.name}: {reason}")

    def alert_windows(self) -> dict[Duration, tuple[WindowPair, ...]]:
        """The windows of all AlertWindows documents, by period."""
        windows: dict[Duration, tuple[WindowPair, ...]] = {}
        first: dict[Duration, _Spec] = {}
        for spec in self.specs:
            if spec.dialect is not dialects.ALERT_WINDOWS:
                continue
            found = alert_windows.pairs(spec.root, spec.at)
            if found is None:
                continue
            period, pairs = found
            if period in windows:
                place = self._position(
                    first[period].source, spec.at / "spec" / "sloPeriod", first[period].report.document
                )
                (spec.at / "spec" / "sloPeriod").wrong(
                    f"{place} has windows for {period.words()}, too", rule="windows"
                )
            windows.setdefault(period, pairs)
            first.setdefault(period, spec)
        return windows

    def assemble(self, spec: _Spec, options: LoadOptions, windows: AlertWindows) -> Iterator[_SourcedDraft]:
        """The SLOs of one document."""
        if spec.dialect is dialects.ALERT_WINDOWS:
            return
        root, at, places, kubernetes = spec.root, spec.at, None, None
        if spec.dialect is dialects.KUBERNETES:
            kubernetes = spec.dialect.load().metadata(root)
            root, at = root.get("spec", {}), at / "spec"
        elif spec.dialect is dialects.OPENSLO:
            root, places = spec.dialect.load().as_sloth(root, at)
        if service := root.get("service"):
            named = (at / "spec" if spec.dialect is dialects.OPENSLO else at) / "service"
            self.services.append(Owner(spec.source, named, service, kubernetes=kubernetes))
        if places is None:
            places = [at / "slos" / index for index in range(len(root.get("slos", ())))]
        assembler = Assembler(
            root=root,
            at=at,
            places=places,
            options=options,
            windows=windows,
            checks=Checks(spec.source, self.suspects),
            dialect=spec.dialect.version,
            source=self.sources[spec.source].name,
            kubernetes=kubernetes,
        )
        try:
            yield from (_SourcedDraft(spec.source, draft) for draft in assembler.drafts())
        except BrokenError as broken:
            self.flaws[spec.source].append(broken.flaw)

    def check_ids(self, drafts: Iterable[_SourcedDraft]) -> None:
        """Two SLOs with one id would write the same series."""
        first: dict[str, _SourcedDraft] = {}
        for sourced in drafts:
            draft = sourced.draft
            if not draft.id:
                continue
            other = first.setdefault(draft.id, sourced)
            if other is not sourced:
                place = self._position(other.source, other.draft.at, other.draft.at.report.document)
                message = f"the id `{draft.id}` is taken by the SLO at {place}"
                draft.at.wrong(message, "rename one of the two", rule="duplicate-id")

    def check_names(self, drafts: Iterable[_SourcedDraft], options: LoadOptions) -> None:
        """Names of files and objects that would be one."""
        check_objects(self.services, options.recipe, self._where)
        slos = [
            Owner(sourced.source, sourced.draft.at, slo.service, slo.name)
            for sourced in drafts
            if (slo := sourced.draft.slo) is not None
        ]
        check_files([*self.services, *slos], self._where)

    def _where(self, owner: Owner) -> Position:
        return self._position(owner.source, owner.at, owner.at.report.document)

    def judge(self) -> None:
        """Put to promtool what the embedded parser doubts."""
        for source, flaw in judge(self.suspects):
            self.flaws[source].append(flaw)

    def sound(self, drafts: Iterable[_SourcedDraft]) -> tuple[Slo, ...]:
        """The SLOs of documents without errors."""
        wrong = {
            (source, flaw.document)
            for source, flaws in enumerate(self.flaws)
            for flaw in flaws
            if flaw.level is Level.ERROR
        }
        return tuple(
            draft.slo
            for source, draft in ((sourced.source, sourced.draft) for sourced in drafts)
            if draft.slo is not None and (source, draft.at.report.document) not in wrong
        )

    def problems(self) -> tuple[Problem, ...]:
        """Every flaw with its position, sorted."""
        located = [
            self._locator(source).problem(flaw) for source, flaws in enumerate(self.flaws) for flaw in flaws
        ]
        return tuple(sorted((*self._failures, *located), key=lambda problem: problem.sort_key))

    def _position(self, source: int, place: Place, document: int) -> Position:
        return self._locator(source).position(place.path, document)

    def _locator(self, source: int) -> Locator:
        if source not in self._locators:
            origin = self.sources[source]
            # What is no UTF-8 has one flaw, whose mark is known; its line is shown where that makes sense.
            text = "" if b"\0" in origin.data else origin.data.decode("utf-8-sig", errors="replace")
            self._locators[source] = Locator(origin.name, text)
        return self._locators[source]
