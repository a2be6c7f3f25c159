"""The command line: serve, make a key, or show the audit trail.

Exit codes: 0 fine, 1 could not run, 2 wrong call or settings.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import structlog
from pydantic import ValidationError

from demo_service.logs import configure_logging
from demo_service.security.api_keys import KeyScope, new_key
from demo_service.settings import Settings

log = structlog.get_logger(__name__)

_BEGINNING = datetime.fromtimestamp(0, UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "keys":
        return _new_key(options.scopes)
    if options.command == "audit":
        return _show_audit_trail(options.since)
    return _serve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo_service", description="The contact and document service."
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="run the service (the default); settings come from DEMO_... variables")
    keys = commands.add_parser("keys", help="manage API keys").add_subparsers(dest="action", required=True)
    new = keys.add_parser("new", help="make a key; it is shown once")
    new.add_argument(
        "--scopes",
        required=True,
        type=_scopes,
        metavar="SCOPE[,SCOPE...]",
        help="what the key may do: " + ", ".join(KeyScope),
    )
    trail = commands.add_parser("audit", help="show who wrote what, one JSON object a line")
    trail.add_argument(
        "--since", type=_moment, default=_BEGINNING, metavar="TIME", help="ISO 8601, with an offset"
    )
    return parser


def _scopes(text: str) -> list[KeyScope]:
    try:
        return [KeyScope(scope.strip()) for scope in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("known scopes: " + ", ".join(KeyScope)) from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a time is like 2026-11-24T18:00:00+00:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs its offset, such as +00:00")
    return moment


def _new_key(scopes: Sequence[KeyScope]) -> int:
    presented, key = new_key(scopes)
    print(f"key for the client, shown only now: {presented}")
    print(f"line for DEMO_API_KEYS:             {key.line()}")
    return 0


def _show_audit_trail(since: datetime) -> int:
    settings = _settings()
    if settings is None:
        return 2

    from demo_service.storage.errors import StorageUnavailable
    from demo_service.storage.opening import open_record_store

    try:
        records = open_record_store(settings)
        try:
            for entry in records.audit_trail(since):
                print(json.dumps(asdict(entry), default=str))
        finally:
            records.close()
    except StorageUnavailable:
        log.exception("the audit trail cannot be read")
        return 1
    return 0


def _settings() -> Settings | None:
    """The settings, with logging by them; None when one is wrong, which has been logged."""
    configure_logging()
    try:
        settings = Settings.load()
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            log.error("wrong setting", setting=".".join(map(str, detail["loc"])), reason=detail["msg"])
        return None
    configure_logging(settings.log_level, secrets=settings.secret_values())
    return settings


def _serve() -> int:
    settings = _settings()
    if settings is None:
        return 2

    from demo_service.server import serve  # not before the settings are right: it imports the whole service

    try:
        asyncio.run(serve(settings))
    except Exception:
        log.exception("the service cannot run")
        return 1
    return 0
