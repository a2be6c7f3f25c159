"""What schemathesis checks beside its own checks; it loads this module by name."""

from typing import Any

import schemathesis


@schemathesis.check
def correlation_id_on_every_answer(
    _context: schemathesis.CheckContext, response: schemathesis.Response, _case: Any
) -> None:
    """Exactly one, whatever was asked."""
    sent = response.headers.get("x-correlation-id", [])
    if len(sent) != 1:
        raise AssertionError(f"correlation ids: {sent}")
