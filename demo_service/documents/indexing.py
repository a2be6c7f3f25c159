"""Tells the search engine what the database noted, in the background and from the start on."""

import threading

import structlog

from demo_service.storage.changes import ChangeFeed
from demo_service.storage.errors import StorageUnavailable
from demo_service.storage.search import SearchEngine

log = structlog.get_logger(__name__)

# About how long a search knows nothing of a change.
_POLL_SECONDS = 1.0
# A document is a megabyte at most to the engine, which takes a hundred at once.
_BATCH = 20
# Beyond the longest wait for an answer.
_STOP_SECONDS = 6.0


class Indexer:
    """Works through a change feed. Nothing that fails ends it: what was noted stays noted."""

    def __init__(self, feed: ChangeFeed, engine: SearchEngine) -> None:
        self._feed = feed
        self._engine = engine
        self._prepared = False
        self._behind = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and close the engine: a batch that waits for it is given up, and stays noted."""
        self._stopping.set()
        self._engine.close()
        self._thread.join(_STOP_SECONDS)

    def catch_up(self) -> None:
        """Tell the engine everything that is noted. Raises ``StorageUnavailable``."""
        self._prepare()
        while not self._stopping.is_set():
            with self._feed.batch(_BATCH) as batch:
                if batch:
                    self._engine.apply(batch.present, batch.gone)
            if not batch:
                break

    def _prepare(self) -> None:
        if not self._prepared:
            self._feed.start()
        if not self._engine.has_index():
            # In this order: a crash in between notes everything twice, and not never.
            self._feed.start_over()
            self._engine.create_index()
            self._prepared = False
        if not self._prepared:
            self._engine.configure_index()
            self._prepared = True

    def _run(self) -> None:
        while True:
            self._try()
            if self._stopping.wait(_POLL_SECONDS):
                return

    def _try(self) -> None:
        try:
            self.catch_up()
        except Exception as error:
            self._prepared = False
            if not self._behind and not self._stopping.is_set():
                log.warning("search index behind", **_reason(error))
                self._behind = True
        else:
            if self._behind:
                log.info("search index up to date")
                self._behind = False


def _reason(error: Exception) -> dict[str, object]:
    """An outage is told by its cause. All else is a mistake of ours, and no reason to end either."""
    if isinstance(error, StorageUnavailable):
        return {"part": error.part, "reason": repr(error.__cause__ or error)}
    return {"exc_info": error}
