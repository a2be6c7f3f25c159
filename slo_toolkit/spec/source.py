"""Where documents come from: files, folders and standard input."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")

# A spec of 1000 SLOs takes 1 MB. What is far above that is a mistake, and reading it would take minutes.
SIZE_LIMIT = 16 * 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of one file or of standard input.

    `explicit` sources were named by the caller, so a document in them that is no SLO spec is an error;
    in a folder it is passed over. `failure` says why the bytes could not be read.
    """

    name: str
    data: bytes
    explicit: bool = True
    failure: str = ""


def discover(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Source]:
    """Read files, folders (recursively, in sorted order) and `-` for standard input, each only once.

    A path that is missing, unreadable or too large gives a source with a `failure`, which loading reports.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == STDIN:
            yield _bounded("<stdin>", stdin, explicit=True)
            continue
        unreadable: list[OSError] = []
        for file, explicit in _files(path, unreadable):
            source = _read_file(file, explicit, seen)
            if source is not None:
                yield source
        yield from (_failed(str(error.filename), error) for error in unreadable)


def _files(path: str, unreadable: list[OSError]) -> Iterator[tuple[str, bool]]:
    if not os.path.isdir(path):
        yield path, True
        return
    for folder, subfolders, names in os.walk(path, onerror=unreadable.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(folder, name), False


def _read_file(path: str, explicit: bool, seen: set[tuple[int, int]]) -> Source | None:
    """The source of a path; None where the file was read under another path before."""
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if (identity := (status.st_dev, status.st_ino)) in seen:
                return None
            seen.add(identity)
            return _bounded(path, file, explicit)
    except OSError as error:
        return _failed(path, error)
    except ValueError as error:  # a NUL byte in the path
        return Source(path, b"", explicit, f"is no path: {error}")


def _failed(path: str, error: OSError) -> Source:
    return Source(path, b"", failure=f"cannot be read: {error.strerror or error}")


def _bounded(name: str, file: BinaryIO, explicit: bool) -> Source:
    # The size of a pipe is known only once it is read. Asking for all of the limit at once would reserve it.
    data = file.read(_CHUNK)
    if len(data) == _CHUNK:
        data += file.read(SIZE_LIMIT + 1 - _CHUNK)
    if len(data) > SIZE_LIMIT:
        return Source(
            name, b"", explicit, f"is larger than {SIZE_LIMIT // 1024**2} MB: no SLO spec is that long"
        )
    return Source(name, data, explicit)
