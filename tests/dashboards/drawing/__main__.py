"""Draw dashboards with the data of a Prometheus: python -m tests.dashboards.drawing --help."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from slo_toolkit.query import Connection, Prometheus
from tests.dashboards.drawing.page import draw, missing_part
from tests.dashboards.drawing.results import answers
from tests.dashboards.drawing.span import Span, seconds_of

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("dashboards", nargs=-1, required=True, type=_FILE)
@click.option("--prometheus", "url", required=True, help="Address of the Prometheus to ask.")
@click.option("--out", type=click.Path(path_type=Path), default="drawings", show_default=True)
@click.option("--range", "ranges", multiple=True, default=["1h", "7d", "30d"], show_default=True)
@click.option("--theme", "themes", multiple=True, default=["dark"], show_default=True)
@click.option("--at", type=float, help="End of the ranges in Unix seconds.  [default: now]")
@click.option("--width", type=int, default=1600, show_default=True)
def main(
    dashboards: tuple[Path, ...],
    url: str,
    out: Path,
    ranges: tuple[str, ...],
    themes: tuple[str, ...],
    at: float | None,
    width: int,
) -> None:
    """Write a picture of each dashboard, range and theme into a folder, and tell what is empty or wrong."""
    if missing := missing_part():
        raise click.ClickException(missing)
    out.mkdir(parents=True, exist_ok=True)
    with Prometheus(Connection(url, timeout=120)) as prometheus:
        for path in dashboards:
            for length in ranges:
                end = time.time() if at is None else at
                span = Span(end - seconds_of(length), end)
                drawing = answers(json.loads(path.read_text()), prometheus, span)
                for theme in themes:
                    picture = out / f"{path.stem}-{length}-{theme}.png"
                    page = draw(drawing, theme, picture.absolute(), width)
                    click.echo(picture)
                    for panel in page.panels.values():
                        if panel.state in ("empty", "error", "waiting"):
                            click.echo(
                                f"  {panel.state}: panel {panel.id} ({panel.type}): {panel.text[:300]}"
                            )
                    for problem in page.problems:
                        click.echo(f"  console: {problem[:500]}")


main()
