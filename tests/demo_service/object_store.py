"""An S3 server in this process (moto), on a port of the system's choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from moto.server import ThreadedMotoServer

from demo_service.storage.s3_blobs import S3BlobStore

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BUCKET = "documents"
_REGION = "us-east-1"


@dataclass
class ObjectStore:
    """Where the server is, and the credentials that it lets in (any)."""

    endpoint_url: str
    access_key_id: str = "tests"
    secret_access_key: str = "tests-only"
    region: str = _REGION

    def blob_store(self, prefix: str = "") -> S3BlobStore:
        """A blob store in the bucket."""
        return S3BlobStore(
            BUCKET,
            prefix,
            endpoint_url=self.endpoint_url,
            region=self.region,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )

    def client(self) -> "S3Client":
        """A client of the tests' own."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
        )


@contextmanager
def running_object_store() -> Iterator[ObjectStore]:
    """A server with one empty bucket that ends with the block."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        store = ObjectStore(f"http://{host}:{port}")
        client = store.client()
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield store
    finally:
        server.stop()
