"""The parts that a document passes through: type, form, words, excerpt."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_service.documents.excerpts import excerpt
from demo_service.documents.intake import INDEXED_CHARACTERS, Intake
from demo_service.documents.media_types import sniff_media_type
from demo_service.documents.multipart import UploadFormReader
from demo_service.documents.words import split_words
from demo_service.models import displayable_file_name
from demo_service.problems import (
    BodyTooLarge,
    InvalidRequest,
    MalformedForm,
    ServiceError,
    UnsupportedMediaType,
)
from demo_service.storage.local_blobs import LocalBlobStore


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobStore:
    return LocalBlobStore(tmp_path, reserve_bytes=1)


@pytest.fixture
def intake(store: LocalBlobStore) -> Iterator[Intake]:
    made = Intake(store.stage(), max_bytes=1_000_000)
    yield made
    made.discard()


@pytest.mark.parametrize(
    ("head", "is_text", "media_type"),
    [
        (b"%PDF-1.7\n", False, "application/pdf"),
        (b"%PDF-1.7\n", True, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", False, "image/png"),
        (b"\xff\xd8\xff\xe0", False, "image/jpeg"),
        (
            b"PK\x03\x04....word/document.xml",
            False,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            b"PK\x03\x04....xl/workbook.xml",
            False,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"PK\x03\x04....evil.exe", False, None),
        (b"plain words", True, "text/plain"),
        (b"a < b", True, "text/plain"),
        (b"<!DOCTYPE html><p>", True, None),
        (b"\xef\xbb\xbf  <svg onload=x>", True, None),
        (b"<?xml version='1.0'?>", True, None),
        (b"\x7fELF", False, None),
        (b"MZ\x90\x00", False, None),
    ],
)
def test_the_type_is_told_from_the_contents(head: bytes, is_text: bool, media_type: str | None) -> None:
    assert sniff_media_type(head, is_text=is_text) == media_type


@given(
    contents=st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="<"), min_size=1),
    cut=st.data(),
)
def test_text_is_recognised_wherever_the_chunks_are_cut(contents: str, cut: st.DataObject) -> None:
    encoded = contents.encode()
    at = cut.draw(st.integers(0, len(encoded)))
    intake = Intake(Mock(), max_bytes=100_000)
    intake.write(encoded[:at])
    intake.write(encoded[at:])
    if not contents.startswith("%PDF-"):
        assert intake.finish().text == contents


def test_only_the_indexed_part_of_a_long_text_is_kept(intake: Intake) -> None:
    for _ in range(7):
        intake.write(b"x" * 20_000)
    assert len(intake.finish().text) == INDEXED_CHARACTERS


@pytest.mark.parametrize("tail", [b"\xff", b"\0", b"\xc3"])
def test_one_byte_that_is_no_text_makes_the_whole_no_text(intake: Intake, tail: bytes) -> None:
    intake.write(b"words " * 1000)
    intake.write(tail)
    with pytest.raises(UnsupportedMediaType):
        intake.finish()


def test_an_empty_file_is_refused(intake: Intake) -> None:
    with pytest.raises(InvalidRequest):
        intake.finish()


def test_the_limit_is_exact(store: LocalBlobStore) -> None:
    intake = Intake(store.stage(), max_bytes=10)
    intake.write(b"x" * 10)
    with pytest.raises(BodyTooLarge):
        intake.write(b"x")
    intake.discard()


def form(*parts: tuple[str, bytes], end: bytes = b"--B--\r\n") -> bytes:
    return b"".join(f"--B\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts) + end


FILE = 'Content-Disposition: form-data; name="file"; filename="C:\\\\x\\\\..\\\\é.txt"'
TYPE = 'Content-Disposition: form-data; name="document_type"'


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_a_form_is_read_in_chunks_of_any_size(intake: Intake, chunk: int) -> None:
    body = form((FILE, b"con\r\n--tents"), (TYPE, b"report"), (TYPE.replace("document_type", "tags"), b"a"))
    reader = UploadFormReader("multipart/form-data; boundary=B", lambda: intake)
    for start in range(0, len(body), chunk):
        reader.feed(body[start : start + chunk])
    assert reader.finish().finish().text == "con\r\n--tents"
    assert reader.fields == {"document_type": ["report"], "tags": ["a"]}
    assert reader.file_name == "é.txt"


def read_whole(reader: UploadFormReader, body: bytes) -> None:
    reader.feed(body)
    reader.finish()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", MalformedForm),
        (b"no form at all", MalformedForm),
        (form((FILE, b"x"), end=b""), MalformedForm),
        (form(("Content-Disposition: attachment", b"x")), MalformedForm),
        (form(("Content-Disposition: form-data", b"x")), MalformedForm),
        (form(*[(TYPE, b"report")] * 51), MalformedForm),
        (form((FILE, b"x"), (FILE, b"y")), InvalidRequest),
        (form((TYPE, b"report")), InvalidRequest),
        (form((TYPE, b"x" * 9000)), InvalidRequest),
        (form((TYPE, b"\xff"), (FILE, b"x")), InvalidRequest),
        (form(*[(f"{TYPE}\r\n" + "\r\n".join(f"X-{i}: y" for i in range(20)), b"x")]), MalformedForm),
    ],
)
def test_what_is_wrong_with_a_form_is_the_clients_error(
    intake: Intake, body: bytes, error: type[ServiceError]
) -> None:
    reader = UploadFormReader("multipart/form-data; boundary=B", lambda: intake)
    with pytest.raises(error):
        read_whole(reader, body)


@pytest.mark.parametrize(
    ("content_type", "error"),
    [
        ("", UnsupportedMediaType),
        ("application/json", UnsupportedMediaType),
        ("multipart/form-data", MalformedForm),
        ("multipart/form-data; boundary=" + "x" * 71, MalformedForm),
    ],
)
def test_only_a_form_with_a_boundary_is_read(content_type: str, error: type[ServiceError]) -> None:
    with pytest.raises(error):
        UploadFormReader(content_type, Mock())


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\report.pdf", "report.pdf"),
        ("a\r\nSet-Cookie: x\x00.txt", "aSet-Cookie: x.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 500, "x" * 200),
        ("/", None),
        ("", None),
    ],
)
def test_a_file_name_is_only_for_display(sent: str, shown: str | None) -> None:
    assert displayable_file_name(sent) == shown


def test_words() -> None:
    assert split_words("Grüße_an: ADA@example.com, ﬁn") == ["grüsse", "an", "ada", "example", "com", "fin"]
    assert [len(word) for word in split_words("x" * 500)] == [100]


def test_an_excerpt_marks_whole_words_and_escapes_everything_else() -> None:
    assert excerpt("<script>Report</script> & reports", {"report"}) == (
        "&lt;script&gt;<mark>Report</mark>&lt;/script&gt; &amp; reports"
    )


def test_an_excerpt_shows_the_surroundings_of_the_first_match() -> None:
    shown = excerpt("before " * 100 + "needle " + "after " * 100, {"needle"})
    assert shown.startswith("…before")
    assert "<mark>needle</mark>" in shown
    assert shown.endswith("…")
    assert len(shown) < 300


@given(text=st.text(max_size=300), words=st.sets(st.text(min_size=1, max_size=5), max_size=3))
def test_an_excerpt_never_lets_markup_through(text: str, words: set[str]) -> None:
    bare = excerpt(text, words).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare
