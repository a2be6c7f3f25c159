"""The arguments that every verb which reads specs takes, and what they are checked for."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import click

from slo_toolkit.cli.ranges import NamedPath, SpecDuration

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_Word = TypeVar("_Word", bound=StrEnum)

DEFAULT_PATHS = ("slos",)


class Words(click.Choice[_Word]):
    """The values of an enumeration, where click itself would offer their names in code."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        return str(choice)


scrape_interval_option = click.option(
    "--scrape-interval",
    type=SpecDuration("scrape_interval"),
    help="How often the metrics of every SLO that states none are scraped.  [default: the evaluation interval, 30s]",
)


class LabelName(click.ParamType[str]):
    """The name of a label."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from slo_toolkit.spec.maps import is_label_name  # help must not wait for it

        if not is_label_name(str(value)):
            self.fail(f"{value!r} is no label name: use letters, digits and `_`", param, ctx)
        return str(value)


replica_label_option = click.option(
    "--replica-label",
    "replica_labels",
    type=LabelName(),
    multiple=True,
    help="Tells Prometheus replicas apart that write the same series into one store, for every SLO that states none; "
    "repeatable.",
)


class Label(click.ParamType[tuple[str, str]]):
    """A label as `name=value`."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        flaw = _label_flaw(name, text)
        if flaw:
            self.fail(flaw, param, ctx)
        return name, text


def _label_flaw(name: str, text: str) -> str:
    """What a spec would be told about this label; empty where nothing is wrong."""
    from slo_toolkit.spec.flaws import Flaw, Report
    from slo_toolkit.spec.maps import TextMap

    flaws: list[Flaw] = []
    TextMap(reserved=True).read({name: text}, (), Report(0, flaws))
    return flaws[0].message if flaws else ""


def unique_labels(
    ctx: click.Context, param: click.Parameter, labels: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    unique = dict(labels)
    if len(unique) < len(labels):
        raise click.BadParameter("a label is given twice", ctx, param)
    return unique


def _or_default(ctx: click.Context, param: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    return paths or DEFAULT_PATHS


def spec_input(command: Decorated) -> Decorated:
    """Add PATH..., --period, --scrape-interval, --replica-label, --windows and --extra-label."""
    for decorate in (
        click.option(
            "--extra-label",
            "extra_labels",
            type=Label(),
            multiple=True,
            callback=unique_labels,
            help="Add this label to every rule; repeatable. It wins over the labels of a spec.",
        ),
        click.option(
            "--windows",
            type=NamedPath(),
            metavar="PATH",
            help="File or folder of AlertWindows documents, in place of the SRE Workbook's windows.",
        ),
        replica_label_option,
        scrape_interval_option,
        click.option(
            "--period",
            type=SpecDuration("period"),
            help="Compliance period of every SLO that states none.  [default: 30d]",
        ),
        click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(), callback=_or_default),
    ):
        command = decorate(command)
    return command
