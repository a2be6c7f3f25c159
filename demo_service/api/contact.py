"""The contact form."""

import uuid

import structlog
from fastapi import APIRouter

from demo_service.api.operations import needs
from demo_service.metrics import Instruments
from demo_service.models import ContactReceipt, ContactRequest, now
from demo_service.security.api_keys import KeyScope
from demo_service.storage.records import Contact, RecordStore

log = structlog.get_logger(__name__)


def contact_router(records: RecordStore, instruments: Instruments) -> APIRouter:
    """``POST /contact``."""
    router = APIRouter(tags=["contact"])

    @router.post("/contact", status_code=201, **needs(KeyScope.CONTACT_WRITE))
    def submit_contact(request: ContactRequest) -> ContactReceipt:
        """Store a contact request. When this answers, it is on disk."""
        contact = Contact(id=uuid.uuid4(), submitted_at=now(), **request.model_dump())
        records.add_contact(contact)
        instruments.contact_submissions.inc()
        log.info("contact stored", contact_id=str(contact.id))
        return ContactReceipt(id=contact.id, submitted_at=contact.submitted_at)

    return router
