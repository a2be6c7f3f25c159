"""What can go wrong below the storage protocols, in words the layers above understand."""


class StorageUnavailable(Exception):
    """A store could not do its work now: disk full, connection lost, time-out. Trying again may help.

    ``part`` is the name that ``/readyz`` shows: ``database``, ``blobs`` or ``search``. The cause is chained for the
    log; it never reaches a client, because driver messages name hosts and users.
    """

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} unavailable")
        self.part = part


class UnknownContact(Exception):
    """A document refers to a contact that does not exist."""


class BlobMissing(Exception):
    """A record points at contents that the blob store does not have."""
