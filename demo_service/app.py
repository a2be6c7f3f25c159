"""Puts the parts together."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware

from demo_service import __version__, correlation
from demo_service.api.contact import contact_router
from demo_service.api.documents import documents_router
from demo_service.api.faults import faults_router
from demo_service.api.pages import PAGE_PATHS, pages_router
from demo_service.api.probes import probes_router
from demo_service.api.uploads import UPLOAD_PATH, upload_router
from demo_service.documents.library import DocumentLibrary
from demo_service.faults import FaultMiddleware, FaultPlan
from demo_service.metrics import Instruments
from demo_service.middleware.body_limit import BodyLimitMiddleware
from demo_service.middleware.correlation import CorrelationMiddleware
from demo_service.middleware.guard import GuardMiddleware
from demo_service.middleware.observation import ObservationMiddleware
from demo_service.middleware.unhandled import UnhandledErrorMiddleware
from demo_service.problems import install_handlers
from demo_service.route_table import RouteTable
from demo_service.security import api_keys
from demo_service.security.api_keys import KeyRing
from demo_service.security.rate_limits import RateLimits
from demo_service.settings import FORM_OVERHEAD_BYTES, Settings
from demo_service.storage.blobs import BlobStore
from demo_service.storage.errors import StorageUnavailable
from demo_service.storage.opening import open_blob_store, open_record_store, open_search_engine
from demo_service.storage.records import RecordStore
from demo_service.storage.search import SearchEngine, SearchIndex
from demo_service.storage.traced import TracedRecordStore
from demo_service.tracing import TracingMiddleware, otlp_tracer_provider

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from demo_service.documents.indexing import Indexer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Stores:
    """Where the data is."""

    records: RecordStore
    blobs: BlobStore
    search: SearchEngine | None = None
    """None where the database searches."""

    @classmethod
    def open(cls, settings: Settings) -> "Stores":
        """The stores that the settings ask for. Raises ``StorageUnavailable``."""
        return cls(open_record_store(settings), open_blob_store(settings), open_search_engine(settings))

    def close(self) -> None:
        """Let go of connections and files."""
        if self.search is not None:
            self.search.close()
        self.records.close()
        self.blobs.close()


def create_app(settings: Settings, stores: Stores, instruments: Instruments) -> FastAPI:
    """The public application. It closes the stores when it shuts down."""
    keys = settings.key_ring()
    provider = None if settings.otlp_endpoint is None else otlp_tracer_provider(settings.otlp_endpoint)
    if provider is not None:
        stores = replace(
            stores, records=TracedRecordStore(stores.records, provider, system=settings.database_system())
        )
    if not keys:
        log.warning("no API key is configured: every guarded request will be refused")

    index, indexer = _search_of(stores)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if indexer is not None:
            indexer.start()
        yield
        if indexer is not None:
            indexer.stop()
        stores.close()
        if provider is not None:
            provider.shutdown()

    app = FastAPI(
        title="Demo service",
        version=__version__,
        summary="Contacts and documents.",
        lifespan=lifespan,
        redirect_slashes=False,
        servers=[{"url": settings.public_path}] if settings.public_path else None,
        docs_url=None,
        redoc_url=None,
    )
    library = DocumentLibrary(stores.records, stores.blobs, index, max_bytes=settings.max_upload_bytes)
    app.include_router(contact_router(stores.records, instruments))
    app.include_router(upload_router(library, instruments))
    app.include_router(documents_router(library, instruments))
    app.include_router(probes_router(_readiness_checks(stores, keys)))
    app.include_router(pages_router(app.title))
    install_handlers(app)

    plan = FaultPlan()
    if settings.faults:
        log.warning("faults can be injected: this is no production setting")
        app.include_router(faults_router(plan, _user_routes(_route_table(app))))

    routes = _route_table(app)
    instruments.expect(operation for operation in routes.operations() if not operation.outside_sli)
    _add_middleware(app, settings, routes, instruments, keys, plan, provider)
    return app


def _search_of(stores: Stores) -> "tuple[SearchIndex, Indexer | None]":
    """What answers searches, and what keeps it up to date, if it does not do so itself."""
    if stores.search is None:
        return stores.records, None

    from demo_service.documents.indexed_search import IndexedSearch
    from demo_service.documents.indexing import Indexer

    return (
        IndexedSearch(stores.search, stores.records),
        Indexer(stores.records.changes(), stores.search),
    )


def _route_table(app: FastAPI) -> RouteTable:
    # Not app.openapi(), which would keep its answer although routes may follow.
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    pages = [*PAGE_PATHS, app.openapi_url] if app.openapi_url else PAGE_PATHS
    return RouteTable.from_openapi(document, undocumented=pages)


def _user_routes(routes: RouteTable) -> set[str]:
    return {o.route for o in routes.operations() if not o.outside_sli}


def _readiness_checks(stores: Stores, keys: KeyRing) -> Mapping[str, Callable[[], None]]:
    def check_keys() -> None:
        if not keys:
            raise StorageUnavailable("api_keys")

    checks = {"database": stores.records.check, "blobs": stores.blobs.check}
    if stores.search is not None:
        checks["search"] = stores.search.check
    return checks | {"api_keys": check_keys}


def _add_middleware(
    app: FastAPI,
    settings: Settings,
    routes: RouteTable,
    instruments: Instruments,
    keys: KeyRing,
    plan: FaultPlan,
    provider: "TracerProvider | None",
) -> None:
    """From the innermost layer to the outermost, as ``add_middleware`` wants it."""
    if settings.faults:
        app.add_middleware(FaultMiddleware, routes=routes, plan=plan)
    app.add_middleware(
        BodyLimitMiddleware,
        routes=routes,
        default_bytes=settings.max_body_bytes,
        route_bytes={UPLOAD_PATH: settings.max_upload_bytes + FORM_OVERHEAD_BYTES},
        seconds=settings.body_seconds,
    )
    app.add_middleware(
        GuardMiddleware,
        routes=routes,
        keys=keys,
        limits=RateLimits(per_key=settings.key_rate, per_address=settings.address_rate),
    )
    app.add_middleware(UnhandledErrorMiddleware)
    # Outside the guard: a preflight carries no key, and a page must be able to read a 401 or a 500.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=(api_keys.HEADER, correlation.HEADER, "Content-Type"),
        expose_headers=(correlation.HEADER, "Retry-After"),
    )
    app.add_middleware(ObservationMiddleware, routes=routes, instruments=instruments)
    if provider is not None:
        app.add_middleware(TracingMiddleware, routes=routes, provider=provider)
    app.add_middleware(CorrelationMiddleware)
