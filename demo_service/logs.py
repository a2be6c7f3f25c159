"""One JSON object a line, for our own records and for everybody else's (uvicorn, psycopg, warnings).

JSON escapes line breaks and control characters, so a value cannot start a line of its own. Known secrets are
replaced wherever they appear, tracebacks included, before a line is written.
"""

import logging
import sys
from collections.abc import Collection
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from demo_service import correlation

REDACTED = "[redacted]"

# Shorter values would blank out ordinary words.
_SHORTEST_SECRET = 6


class SecretRedactor:
    """A structlog processor that replaces known secrets in every text, however deep."""

    def __init__(self, secrets: Collection[str]) -> None:
        # The longest first: one secret may contain another.
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: self._clean(value) for key, value in event.items()} if self._secrets else event

    def _clean(self, value: Any) -> Any:
        match value:
            case str():
                for secret in self._secrets:
                    value = value.replace(secret, REDACTED)
                return value
            case dict():
                return {key: self._clean(item) for key, item in value.items()}
            case list() | tuple():
                return [self._clean(item) for item in value]
            case int() | float() | None:
                return value
            case _:
                return self._clean(str(value))


def _add_correlation_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (correlation_id := correlation.current.get()) is not None:
        event.setdefault("correlation_id", correlation_id)
    return event


def configure_logging(
    level: str = "INFO", *, secrets: Collection[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logging of the process through one JSON formatter to ``stream`` (default: stdout)."""
    enrich: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_correlation_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *enrich,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=enrich,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                SecretRedactor(secrets),
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Our own access record has the route, the duration and the key; a second one only doubles the volume.
    logging.getLogger("uvicorn.access").disabled = True
