"""``POST /documents/upload``: streamed, so it reads the request itself and takes no parsed parameters."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from demo_service.api.operations import needs
from demo_service.documents.library import DocumentLibrary
from demo_service.documents.multipart import FILE_FIELD, UploadFormReader
from demo_service.metrics import UNKNOWN_DOCUMENT_TYPE, Instruments, UploadStatus
from demo_service.models import DocumentType, UploadFields, UploadReceipt
from demo_service.problems import InvalidRequest, ServiceError, UnsupportedMediaType
from demo_service.security.api_keys import KeyScope
from demo_service.storage.errors import UnknownContact
from demo_service.storage.records import Document

UPLOAD_PATH = "/documents/upload"

log = structlog.get_logger(__name__)


def _form_schema() -> dict[str, object]:
    """The form for the OpenAPI document: the fields of ``UploadFields`` and the file."""
    schema = UploadFields.model_json_schema()
    schema["properties"][FILE_FIELD] = {
        "type": "string",
        "format": "binary",
        "description": "UTF-8 text, PDF, PNG, JPEG, DOCX or XLSX, told from the contents",
    }
    schema["properties"]["document_type"] = schema.pop("$defs")[DocumentType.__name__]
    schema["required"] = [FILE_FIELD, *schema["required"]]
    return schema


_REQUEST_BODY = {"required": True, "content": {"multipart/form-data": {"schema": _form_schema()}}}


def upload_router(library: DocumentLibrary, instruments: Instruments) -> APIRouter:
    """The one route of this module."""
    router = APIRouter(tags=["documents"])

    @router.post(
        UPLOAD_PATH,
        status_code=201,
        **needs(KeyScope.DOCUMENTS_WRITE, UnsupportedMediaType, requestBody=_REQUEST_BODY),
    )
    async def upload_document(request: Request) -> UploadReceipt:
        """Store a document. When this answers, it is on disk; a search finds it now, or moments later."""
        content_type = request.headers.get("content-type", "")
        with _counted(instruments) as upload:
            reader = upload.reader = UploadFormReader(content_type, library.open_intake)
            try:
                async for chunk in request.stream():
                    await run_sync(reader.feed, chunk)  # hashes and writes: no work for the event loop
                document = await run_sync(_store, library, reader)
            finally:
                if reader.intake is not None:
                    reader.intake.discard()
        log.info("document stored", document_id=str(document.id), size=document.size)
        return UploadReceipt.model_validate(document, from_attributes=True)

    return router


def _store(library: DocumentLibrary, reader: UploadFormReader) -> Document:
    intake = reader.finish()
    fields = _upload_fields(reader.fields)
    return library.store(intake.finish(), fields, reader.file_name)


def _upload_fields(sent: dict[str, list[str]]) -> UploadFields:
    """Validate form fields. An empty optional field is what a browser sends for one that was left out."""
    values: dict[str, object] = {}
    for name, texts in sent.items():
        if name == "tags":
            values[name] = [tag for text in texts for tag in map(str.strip, text.split(",")) if tag]
        elif len(texts) > 1:
            raise InvalidRequest.at(name if name in UploadFields.model_fields else "*", "sent more than once")
        elif texts[0] != "":
            values[name] = texts[0]
    try:
        return UploadFields.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest.of(
            error.errors(include_url=False, include_input=False), prefix="body."
        ) from None


class _Upload:
    """The upload that is under way, as far as its form has been read."""

    reader: UploadFormReader | None = None

    def document_type(self) -> str:
        """A label value of the closed set."""
        claimed = self.reader.fields.get("document_type", [""])[0] if self.reader else ""
        return claimed if claimed in set(DocumentType) else UNKNOWN_DOCUMENT_TYPE


@contextmanager
def _counted(instruments: Instruments) -> Iterator[_Upload]:
    """Count how the upload inside the block ends."""
    upload = _Upload()
    status = UploadStatus.FAILED
    try:
        yield upload
        status = UploadStatus.STORED
    except (ServiceError, UnknownContact, ClientDisconnect):
        status = UploadStatus.REJECTED
        raise
    finally:
        instruments.document_uploads.labels(upload.document_type(), status).inc()
