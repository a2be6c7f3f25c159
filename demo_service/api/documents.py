"""Stored documents: search, description, contents, removal."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import StreamingResponse

from demo_service.api.operations import needs
from demo_service.documents.library import DocumentLibrary
from demo_service.documents.media_types import EXTENSIONS
from demo_service.metrics import Instruments
from demo_service.models import DocumentDescription, SearchRequest, SearchResponse, SearchResult
from demo_service.problems import NotFound
from demo_service.security.api_keys import KeyScope

_Id = Annotated[UUID, Path(alias="id")]

_CONTENTS_RESPONSE: dict[int | str, Any] = {
    200: {
        "description": "The bytes that were uploaded",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in EXTENSIONS
        },
    }
}


def documents_router(library: DocumentLibrary, instruments: Instruments) -> APIRouter:
    """Everything under ``/documents`` but the upload."""
    router = APIRouter(tags=["documents"])

    @router.post("/documents/search", **needs(KeyScope.DOCUMENTS_READ))
    def search_documents(request: SearchRequest) -> SearchResponse:
        """Find documents that contain all words of the query, whatever their case; best first."""
        found = library.search(request.query, request.filters, request.limit)
        instruments.search_queries.inc()
        return SearchResponse(
            results=[
                SearchResult(document=DocumentDescription.model_validate(document), snippet=snippet)
                for document, snippet in found.results
            ],
            total=found.total,
            milliseconds=found.milliseconds,
        )

    @router.get("/documents/{id}", **needs(KeyScope.DOCUMENTS_READ, NotFound))
    def describe_document(document_id: _Id) -> DocumentDescription:
        """What is known about a document."""
        return DocumentDescription.model_validate(library.document(document_id))

    contents_route = needs(KeyScope.DOCUMENTS_READ, NotFound)
    contents_route["responses"] |= _CONTENTS_RESPONSE

    @router.get("/documents/{id}/contents", response_class=StreamingResponse, **contents_route)
    def download_document(document_id: _Id) -> StreamingResponse:
        """The document's bytes, as an attachment that no browser renders."""
        document, chunks = library.contents(document_id)
        file_name = f"{document.id}{EXTENSIONS[document.media_type]}"
        return StreamingResponse(
            chunks,
            media_type=document.media_type,
            headers={
                "Content-Length": str(document.size),
                "Content-Disposition": f'attachment; filename="{file_name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    @router.delete("/documents/{id}", status_code=204, **needs(KeyScope.DOCUMENTS_WRITE, NotFound))
    def delete_document(document_id: _Id) -> None:
        """Remove a document, and its contents when no other document has the same."""
        library.remove(document_id)

    return router
