"""The picture in docs/platform.md shows what the files say."""

import re

import yaml

from tests.platform.composition import networks, services
from tests.platform.edge import CADDYFILE
from tests.platform.running import DEPLOY, REPOSITORY

OUTSIDE = {"users", "docker", "pagerduty", "slack", "switch"}


def arrows() -> set[tuple[str, str]]:
    picture = (REPOSITORY / "docs" / "platform.md").read_text().split("```mermaid")[1].split("```")[0]
    found = re.findall(
        r"^ +([a-z0-9-]+?)(?:\(\[.*?\]\))? +-\.?->(?:\|[^|]+\|)? +([a-z0-9-]+)", picture, re.MULTILINE
    )
    assert len(found) == picture.count(">") - picture.count("<"), "an arrow is not understood"
    return set(found)


def test_every_service_is_in_the_picture_and_nothing_else_is() -> None:
    drawn = {end for arrow in arrows() for end in arrow}
    assert drawn == set(services()) | OUTSIDE


def test_an_arrow_is_drawn_only_where_a_network_leads() -> None:
    for source, target in arrows():
        if {source, target} & OUTSIDE:
            continue
        if target == "node-exporter":
            assert "host" in networks(services()[source])
        else:
            assert networks(services()[source]) & networks(services()[target]), f"{source} -> {target}"


def test_every_upstream_of_the_edge_is_drawn() -> None:
    texts = "".join(file.read_text() for file in (CADDYFILE, DEPLOY / "caddy" / "auth" / "oidc.caddy"))
    upstreams = set(re.findall(r"\{\$[A-Z0-9_]+_UPSTREAM:([a-z0-9-]+):", texts))
    assert {target for source, target in arrows() if source == "edge"} == upstreams | {"collector"}


def test_everything_that_is_scraped_is_drawn() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {
        t.partition(":")[0]
        for j in jobs
        if "params" not in j
        for s in j["static_configs"]
        for t in s["targets"]
    }
    drawn = {target for source, target in arrows() if source == "prometheus"}
    assert scraped - {"localhost", "172.31.242.1"} <= drawn
    assert drawn - {"node-exporter"} <= scraped
