"""Draw dashboards with the data of a Prometheus: python -m tests.dashboards.drawing --help."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from tests.dashboards.drawing.frames import log_frame
from tests.dashboards.drawing.page import Page, draw, missing_part
from tests.dashboards.drawing.results import answers
from tests.dashboards.grafana import Range, seconds

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("dashboards", nargs=-1, required=True, type=_FILE)
@click.option("--prometheus", "url", required=True, help="Address of the Prometheus to ask.")
@click.option("--out", type=click.Path(path_type=Path), default="drawings", show_default=True)
@click.option("--range", "ranges", multiple=True, default=["1h", "7d", "30d"], show_default=True)
@click.option("--theme", "themes", multiple=True, default=["dark"], show_default=True)
@click.option("--at", type=float, help="End of the ranges in Unix seconds.  [default: now]")
@click.option("--rows", type=int, help="Draw only so many of the rows.  [default: all]")
@click.option("--logs", type=_FILE, help="Lines for the panels that ask Loki, one JSON object each.")
@click.option("--width", type=int, default=1600, show_default=True)
def main(
    dashboards: tuple[Path, ...],
    url: str,
    out: Path,
    ranges: tuple[str, ...],
    themes: tuple[str, ...],
    at: float | None,
    rows: int | None,
    logs: Path | None,
    width: int,
) -> None:
    """Write a picture of each dashboard, range and theme into a folder, and tell what is empty or wrong."""
    if missing := missing_part():
        raise click.ClickException(missing)
    out.mkdir(parents=True, exist_ok=True)
    end = time.time() if at is None else at
    lines = log_frame(logs.read_text().splitlines()) if logs else None
    for path in dashboards:
        dashboard = _begun(json.loads(path.read_text()), rows)
        for length in ranges:
            drawing = answers(dashboard, url, Range.last(seconds(length), end), lines)
            for theme in themes:
                picture = out / f"{path.stem}-{length}-{theme}.png"
                page = draw(drawing, theme, picture.absolute(), width)
                click.echo(picture)
                _tell(page)


def _begun(dashboard: dict[str, Any], rows: int | None) -> dict[str, Any]:
    """The dashboard up to the end of so many rows."""
    starts = [index for index, panel in enumerate(dashboard["panels"]) if panel["type"] == "row"]
    end = starts[rows] if rows is not None and rows < len(starts) else None
    return {**dashboard, "panels": dashboard["panels"][:end]}


def _tell(page: Page) -> None:
    for panel in page.panels.values():
        if panel.state in ("empty", "error", "waiting"):
            click.echo(f"  {panel.state}: panel {panel.id} ({panel.type}): {panel.text[:300]}")
    for problem in page.problems:
        click.echo(f"  console: {problem[:500]}")


main()
