"""Remote write by hand: the one way into Prometheus that keeps time stamps and staleness markers.

OpenMetrics text cannot carry the marker, a NaN with bits of its own, and rules behave differently without it.
The body is the protobuf message `prometheus.WriteRequest` in a snappy block that does not compress.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Labels = tuple[tuple[str, str], ...]

STALE = struct.pack("<Q", 0x7FF0000000000002)
SAMPLES_PER_REQUEST = 100_000

_DOUBLE = struct.Struct("<d")
# Field 2 (sample) of 16 bytes: field 1, a double (1 + 8 bytes), and field 2, a six byte varint (1 + 6 bytes).
_SAMPLE_HEAD = b"\x12\x10\x09"
_SNAPPY_LITERAL_OF_32_BIT_LENGTH = 63 << 2


@dataclass(frozen=True)
class Series:
    """Samples of one series in order; a value of None is a staleness marker."""

    labels: Labels
    times_ms: list[int] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)

    def add(self, time_ms: int, value: float | None) -> None:
        self.times_ms.append(time_ms)
        self.values.append(value)


def labels_of(labels: dict[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def write(address: str, series: Iterable[Series]) -> None:
    for body in _bodies(series):
        request = Request(
            f"{address}/api/v1/write",
            data=_snappy(body),
            headers={
                "Content-Encoding": "snappy",
                "Content-Type": "application/x-protobuf",
                "X-Prometheus-Remote-Write-Version": "0.1.0",
            },
        )
        try:
            urlopen(request, timeout=120).close()
        except HTTPError as error:
            raise AssertionError(f"remote write refused: {error.read().decode(errors='replace')}") from error


def _bodies(series: Iterable[Series]) -> Iterator[bytes]:
    parts: list[bytes] = []
    pending = 0
    for one in series:
        for start in range(0, len(one.times_ms), SAMPLES_PER_REQUEST):
            end = start + SAMPLES_PER_REQUEST
            times, values = one.times_ms[start:end], one.values[start:end]
            parts.append(_message(1, _labels(one.labels) + _samples(times, values)))
            pending += len(times)
            if pending >= SAMPLES_PER_REQUEST:
                yield b"".join(parts)
                parts, pending = [], 0
    if parts:
        yield b"".join(parts)


def _labels(labels: Labels) -> bytes:
    return b"".join(_message(1, _message(1, n.encode()) + _message(2, v.encode())) for n, v in labels)


def _samples(times_ms: Sequence[int], values: Sequence[float | None]) -> bytes:
    pack = _DOUBLE.pack
    return b"".join(
        _SAMPLE_HEAD + (STALE if value is None else pack(value)) + _stamp(time)
        for time, value in zip(times_ms, values, strict=True)
    )


@cache
def _stamp(time_ms: int) -> bytes:
    # The fixed sample length above holds for six byte varints, which is 1971 to 2109.
    if not 1 << 35 <= time_ms < 1 << 42:
        raise ValueError(f"time stamp {time_ms} ms is outside 1971 to 2109")
    return b"\x10" + _varint(time_ms)


def _message(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _snappy(content: bytes) -> bytes:
    head = bytes((_SNAPPY_LITERAL_OF_32_BIT_LENGTH,)) + struct.pack("<I", len(content) - 1)
    return _varint(len(content)) + head + content
