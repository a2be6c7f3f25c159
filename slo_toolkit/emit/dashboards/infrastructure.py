"""Hosts and processes: what a service runs on.

No spec says where a service runs, so this dashboard is the same for everybody: the names of node exporter, and
the `process_` metrics that every client library exposes. Each panel shows both, so that it tells something
where there is no node exporter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slo_toolkit.duration import Duration
from slo_toolkit.emit.dashboards import look
from slo_toolkit.emit.dashboards.links import INFRASTRUCTURE_UID
from slo_toolkit.emit.dashboards.look import BYTES, BYTES_PER_SECOND, NUMBER, SHARE, override_like
from slo_toolkit.emit.dashboards.model import Dashboard, Json, Panel, Row, Target
from slo_toolkit.emit.dashboards.variables import PROMETHEUS_CHOICE, label_values
from slo_toolkit.emit.header import DASHBOARD_HEADER

_HOST = 'instance=~"$host"'
_PROCESS = 'job=~"$job"'
_RATE = "[$__rate_interval]"
_SCRAPED = Duration.of(minutes=1)
"""No spec says how often hosts are scraped; most are every minute at least."""
_REAL_DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"'
_REAL_NETWORKS = 'device!~"lo|veth.*|docker.*|br-.*|cali.*|cni.*"'


def infrastructure() -> Dashboard:
    return Dashboard(
        uid=INFRASTRUCTURE_UID,
        title="Infrastructure",
        description=f"CPU, memory, disk and network of hosts and services. {DASHBOARD_HEADER}",
        rows=[Row("Hosts and processes", list(_panels())), Row("Processes", list(_process_panels()))],
        variables=[
            PROMETHEUS_CHOICE,
            label_values("host", "Host", "node_cpu_seconds_total", "instance", "Hosts with a node exporter."),
            label_values(
                "job", "Job", "process_start_time_seconds", "job", "Services that expose process metrics."
            ),
        ],
        tags=["infrastructure"],
        time_from="now-6h",
    )


def _panels() -> Iterator[Panel]:
    yield _panel(
        "CPU",
        "Cores in use: of each host, and of each process.",
        [
            Target(
                f'sum by (instance) (rate(node_cpu_seconds_total{{mode!~"idle|iowait|steal", {_HOST}}}{_RATE}))',
                "host {{instance}}",
            ),
            Target(
                f"sum by (job, instance) (rate(process_cpu_seconds_total{{{_PROCESS}}}{_RATE}))",
                _PROCESS_NAME,
            ),
        ],
        NUMBER,
        decimals=3,
    )
    total, free = (f"node_memory_{what}_bytes{{{_HOST}}}" for what in ("MemTotal", "MemAvailable"))
    yield _panel(
        "Memory",
        "Bytes in use: of each host what is not available any more, of each process what is resident.",
        [
            Target(
                f"sum by (instance) ({total} - {free})",
                "host {{instance}}",
            ),
            Target(f"sum by (job, instance) (process_resident_memory_bytes{{{_PROCESS}}})", _PROCESS_NAME),
        ],
        BYTES,
    )
    available, size = (
        f"node_filesystem_{what}_bytes{{{_REAL_DISKS}, {_HOST}}}" for what in ("avail", "size")
    )
    yield _panel(
        "Disk and open files",
        "How full each file system is, and which share of the file descriptors it may open a process has open.",
        [
            Target(
                f"max by (instance, mountpoint) (1 - {available} / ({size} > 0))",
                "host {{instance}} {{mountpoint}}",
            ),
            Target(
                f"max by (job, instance) (process_open_fds{{{_PROCESS}}} / (process_max_fds{{{_PROCESS}}} > 0))",
                f"open files {_PROCESS_NAME}",
            ),
        ],
        SHARE,
        decimals=1,
    )
    received, sent = (
        f"sum by (instance) (rate(node_network_{what}_bytes_total{{{_REAL_NETWORKS}, {_HOST}}}{_RATE}))"
        for what in ("receive", "transmit")
    )
    yield _panel(
        "Network and open sockets",
        "Bytes per second in and out of each host; on the right the open descriptors of each process, sockets too.",
        [
            Target(received, "host {{instance}} in"),
            Target(sent, "host {{instance}} out"),
            Target(f"sum by (job, instance) (process_open_fds{{{_PROCESS}}})", f"open {_PROCESS_NAME}"),
        ],
        BYTES_PER_SECOND,
        overrides=(override_like("^open ", unit=NUMBER, custom__axisPlacement="right"),),
    )


def _process_panels() -> Iterator[Panel]:
    started = f"max by (job, instance) (process_start_time_seconds{{{_PROCESS}}})"
    yield _panel(
        "Time since the start",
        "How long each process has run; a step down is a restart.",
        [Target(f"time() - {started}", _PROCESS_NAME)],
        look.SECONDS,
        decimals=1,
    )
    yield _panel(
        "Virtual memory",
        "Bytes of address space of each process: growth without end is a leak.",
        [Target(f"sum by (job, instance) (process_virtual_memory_bytes{{{_PROCESS}}})", _PROCESS_NAME)],
        BYTES,
    )


_PROCESS_NAME = "{{job}} {{instance}}"


def _panel(
    title: str,
    description: str,
    targets: list[Target],
    unit: str,
    *,
    decimals: int | None = None,
    overrides: tuple[Json, ...] = (),
) -> Panel:
    return Panel(
        kind="timeseries",
        title=title,
        description=description,
        targets=[replace(target, scrape=_SCRAPED) for target in targets],
        fields=look.fields(
            unit,
            "neither node exporter nor process metrics",
            decimals=decimals,
            low=0,
            colour="palette-classic",
            custom=look.lines(),
            overrides=overrides,
        ),
        options=look.legend("mean", "max", "lastNotNull"),
    )
