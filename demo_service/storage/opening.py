"""Opens the stores that the settings ask for. Drivers are imported only where they are used."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from demo_service.settings import Settings
from demo_service.storage.blobs import BlobStore
from demo_service.storage.local_blobs import LocalBlobStore
from demo_service.storage.records import RecordStore
from demo_service.storage.search import SearchEngine
from demo_service.storage.sqlite import SqliteRecordStore


def open_record_store(settings: Settings) -> RecordStore:
    """The record store of ``database_url``."""
    if settings.database_url is None:
        return SqliteRecordStore(settings.data_dir / "records.sqlite3")
    url = settings.database_url.get_secret_value()
    if urlsplit(url).scheme == "sqlite":
        return SqliteRecordStore(_path(url))

    from demo_service.storage.postgres import PostgresRecordStore

    password = settings.database_password
    return PostgresRecordStore(url, password=password.get_secret_value() if password else None)


def open_blob_store(settings: Settings) -> BlobStore:
    """The blob store of ``blob_url``."""
    reserve_bytes = settings.max_upload_bytes
    if settings.blob_url is None:
        return LocalBlobStore(settings.data_dir / "blobs", reserve_bytes=reserve_bytes)
    parts = urlsplit(settings.blob_url)
    if parts.scheme == "file":
        return LocalBlobStore(_path(settings.blob_url), reserve_bytes=reserve_bytes)

    from demo_service.storage.s3_blobs import S3BlobStore

    secret = settings.s3_secret_access_key
    return S3BlobStore(
        parts.netloc,
        parts.path,
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
    )


def open_search_engine(settings: Settings) -> SearchEngine | None:
    """The search engine of ``search_url``; None where the database searches."""
    if settings.search_url is None:
        return None

    from demo_service.storage.meilisearch import Meilisearch

    key = settings.search_key
    return Meilisearch(settings.search_url, key.get_secret_value() if key else None)


def _path(url: str) -> Path:
    """``scheme:///absolute/path`` to a path."""
    return Path(unquote(urlsplit(url).path))
