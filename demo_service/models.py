"""What clients send and receive. Every text is bounded, and control characters are refused."""

import re
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, StringConstraints

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAK = re.compile(r"[\t\n\r\x85\u2028\u2029]")


def _without_control_characters(text: str) -> str:
    """Tabs and line breaks may be part of a message; NUL and its like are an attack or an accident."""
    if _CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    return text


def _on_one_line(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise ValueError("line breaks are not allowed")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_without_control_characters)
]
_Line = Annotated[_Text, AfterValidator(_on_one_line)]


class DocumentType(StrEnum):
    """What a document is to the business. A closed set, because it is a metric label."""

    CONTRACT = "contract"
    INVOICE = "invoice"
    PROPOSAL = "proposal"
    REPORT = "report"
    OTHER = "other"


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactRequest(_Request):
    """The contact form."""

    name: Annotated[_Line, Field(max_length=100, examples=["Ada Lovelace"])]
    email: Annotated[EmailStr, Field(max_length=254, examples=["ada@example.com"])]
    message: Annotated[_Text, Field(max_length=1000, examples=["Please call me back."])]
    company: Annotated[_Line, Field(max_length=100)] | None = None
    service: Annotated[_Line, Field(max_length=100, description="The service asked for")] | None = None
    budget: Annotated[_Line, Field(max_length=50, description="As the client words it")] | None = None


class ContactReceipt(BaseModel):
    """A stored contact."""

    id: UUID
    submitted_at: datetime = Field(description="UTC")


class UploadFields(_Request):
    """The fields beside the file."""

    document_type: DocumentType
    contact_id: UUID | None = None
    description: Annotated[_Text, Field(max_length=1000)] | None = None
    tags: Annotated[list[Annotated[_Line, Field(max_length=50)]], Field(max_length=20)] = []


class UploadReceipt(BaseModel):
    """A stored document."""

    id: UUID
    size: int = Field(description="Bytes")
    digest: str = Field(description="SHA-256 of the contents", pattern="^[0-9a-f]{64}$")
    media_type: str = Field(description="Told from the contents")
    uploaded_at: datetime = Field(description="UTC")


class DocumentDescription(UploadReceipt):
    """A stored document with everything known about it."""

    model_config = ConfigDict(from_attributes=True)

    document_type: DocumentType
    contact_id: UUID | None
    file_name: str | None = Field(description="The client's name for it")
    description: str | None
    tags: list[str]


class SearchFilters(_Request):
    """All that are given must hold."""

    document_type: DocumentType | None = None
    media_type: Annotated[_Line, Field(max_length=100)] | None = None
    contact_id: UUID | None = None
    tags: Annotated[list[Annotated[_Line, Field(max_length=50)]], Field(max_length=20)] = []
    uploaded_after: Annotated[_Moment | None, Field(description="At this moment or later")] = None
    uploaded_before: Annotated[_Moment | None, Field(description="Before this moment")] = None


class SearchRequest(_Request):
    """Documents that contain all words of the query."""

    query: Annotated[_Text, Field(max_length=200, examples=["annual report"])]
    filters: SearchFilters = SearchFilters()
    limit: Annotated[int, Field(ge=1, le=100)] = 10


class SearchResult(BaseModel):
    """One match."""

    document: DocumentDescription
    snippet: str = Field(description="HTML-escaped text around the first match; matches are in <mark>")


class SearchResponse(BaseModel):
    """The best matches first."""

    results: list[SearchResult]
    total: int = Field(description="How many documents match in all")
    milliseconds: float = Field(description="How long the search took", ge=0)


class Health(BaseModel):
    """The process runs."""

    status: str = "ok"
    version: str


class Readiness(BaseModel):
    """Whether requests can be served, part by part."""

    status: str = Field(description="`ready` or `not_ready`")
    failing: list[str] = Field(
        description="The parts that do not work: `database`, `blobs`, `search`, `api_keys`"
    )


def displayable_file_name(sent: str) -> str | None:
    """The last part of a client's file name, cleaned for display. It never becomes a path."""
    last = re.split(r"[/\\]", sent)[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    return printable.strip()[:200] or None


def now() -> datetime:
    """The current moment, UTC."""
    return datetime.now(UTC)
