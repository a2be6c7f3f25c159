"""`slo compile` says what its tests could not be made to test: which SLOs, how many of how many, and why."""

from __future__ import annotations

import yaml

from .project import Project

QUANTILE = "histogram_quantile(0.99, sum by (le) (rate(h_bucket[{{.window}}]))) > bool 0.5"
THRESHOLD = "max(max_over_time((queue_seconds > bool 60)[{{.window}}:5m]))"
TOO_MANY = "avg_over_time((queue_seconds > bool 60)[{{.window}}:1m])"


def _spec(service: str, **ratios: str) -> str:
    slos = [
        {
            "name": name,
            "objective": 99,
            "sli": {"raw": {"error_ratio_query": ratio}},
            "alerting": {"name": f"{service}{name}"},
        }
        for name, ratio in ratios.items()
    ]
    return yaml.safe_dump({"version": "slo-toolkit/v1", "service": service, "slos": slos})


def _told(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("slo: ")]


def test_slos_that_cannot_be_simulated_are_counted_before_the_closing_line(project: Project) -> None:
    project.write("slos/shop.yaml", project.spec("shop"))
    project.write("slos/queue.yaml", _spec("queue", age=QUANTILE, late=THRESHOLD))
    result = project.slo("compile")
    assert result.code == 0
    no_traffic, no_burns, closing = _told(result.stderr)
    assert no_traffic.startswith(
        "slo: 1 of 3 SLOs tested without any traffic: queue-age (no series are known"
    )
    assert no_burns.startswith("slo: 1 of 3 SLOs tested without slow burns: queue-late (the queries compare")
    assert closing.startswith("slo: 3 SLOs of 2 services: ")


def test_they_are_told_with_check_as_well(project: Project) -> None:
    project.write("slos/shop.yaml", _spec("shop", age=QUANTILE))
    assert project.slo("compile").code == 0
    result = project.slo("compile", "--check")
    assert result.code == 0
    (told,) = _told(result.stderr)
    assert told.startswith("slo: 1 of 1 SLO tested without any traffic: shop-age ")


def test_of_many_the_first_are_named(project: Project) -> None:
    project.write(
        "slos/shop.yaml", _spec("shop", **dict.fromkeys(("one", "two", "three", "four", "five"), QUANTILE))
    )
    told = _told(project.slo("compile").stderr)[0]
    assert told.startswith(
        "slo: 5 of 5 SLOs tested without any traffic: shop-one, shop-two, shop-three and 2 more (no"
    )


def test_nothing_is_told_where_all_is_tested_or_nothing_is_to_be(project: Project) -> None:
    project.write("slos/shop.yaml", project.spec("shop"))
    assert len(_told(project.slo("compile").stderr)) == 1
    project.write("slos/shop.yaml", _spec("shop", age=QUANTILE))
    assert len(_told(project.slo("compile", "--disable", "tests").stderr)) == 1
    assert _told(project.slo("compile", "--stdout").stderr) == []


def test_no_test_file_is_without_a_test(project: Project) -> None:
    project.write("slos/shop.yaml", project.spec("shop"))
    project.slo("compile")
    assert "tests/burns/shop.yaml" in project.files()

    project.write("slos/shop.yaml", _spec("shop", age=QUANTILE))
    project.slo("compile")

    assert {name for name in project.files() if name.startswith("tests/")} == {"tests/shop.yaml"}
    (test,) = yaml.safe_load(project.read("generated/tests/shop.yaml"))["tests"]
    assert test["name"] == "no telemetry: age"
    assert test["promql_expr_test"] != []


def test_a_service_that_promtool_cannot_evaluate_has_no_test_file(project: Project) -> None:
    project.write("slos/shop.yaml", _spec("shop", late=TOO_MANY, queued=THRESHOLD))
    project.write("slos/cart.yaml", project.spec("cart"))
    result = project.slo("compile")
    assert _told(result.stderr)[0].startswith(
        "slo: 2 of 3 SLOs tested without any promtool test: shop-late, shop-queued (promtool takes 10,000 samples"
    )
    assert {name for name in project.files() if name.startswith("tests/")} == {
        "tests/cart.yaml",
        "tests/burns/cart.yaml",
    }
