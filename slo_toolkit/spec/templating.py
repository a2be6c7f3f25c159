"""Templates of Helm's, Go's or Jinja's that nobody rendered yet: named as what they are, in one problem.

Sloth's `{{.window}}` and the templates of alerts stand in double braces, too. So an action counts when it
says something that neither of them has, or when it is what makes the document unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from slo_toolkit.spec.decoding import mark_at
from slo_toolkit.spec.flaws import Flaw

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}|\{%-?\s*(\w*)[^\n]*")
# What only Helm has, and what ends with Jinja's filters. Alert templates know neither of them.
_HELM = re.compile(
    r"\.(?:Values|Release|Chart|Files|Capabilities|Template)\b|(?:^|[(|]\s*)(?:include|tpl|toYaml|required|lookup)\s"
    r"|\|\s*(?:n?indent|quote|default)\b(?!\()|^[`\"]\s*\{\{"
)
_JINJA_TAGS = frozenset(
    (
        "if",
        "for",
        "set",
        "block",
        "include",
        "extends",
        "import",
        "from",
        "macro",
        "raw",
        "filter",
        "with",
        "else",
    )
)
_JINJA_VALUE = re.compile(r"[A-Za-z_]\w*(?:\.\w+|\[[^]]*\])*(?:\s*\|.*)?")
_OURS = re.compile(
    r"\.window|.*(?:\$\w+|\.(?:Labels|Value|ExternalLabels|ExternalURL)\b).*|externalURL|pathPrefix"
)
_COMMENT = re.compile(r"(?:^|\s)#")

HELM = "this is a template of Helm's, not a spec yet", "render it first: `helm template`"
JINJA = "this is a Jinja template, not a spec yet", "render it first, with what fills it in"
GO = "this is a Go template, not a spec yet", "render it first, with what fills it in"


def template_flaw(text: str) -> Flaw | None:
    """The one problem of a text that says itself that it is a template."""
    for match in _actions(text):
        if match[1] is None and match[2] in _JINJA_TAGS:
            return _flaw(JINJA, text, match)
        if match[1] is not None and _HELM.search(match[1]):
            return _flaw(HELM, text, match)
    return None


def unrendered_flaw(text: str, flaws: Sequence[Flaw]) -> Flaw | None:
    """The one problem in place of `flaws` that an action brought about which is not Sloth's or an alert's."""
    marks = [flaw.mark.line for flaw in flaws if flaw.mark is not None]
    # The parser may notice in the next line only that `{{ if }}` was no mapping.
    lines = {*marks, *(line - 1 for line in marks)}
    said = " ".join(flaw.message for flaw in flaws if flaw.mark is None)
    for match in _actions(text):
        action = match[1]
        if action is None or _OURS.fullmatch(action):
            continue
        if mark_at(text, match.start()).line in lines or match[0] in said:
            return _flaw(JINJA if _JINJA_VALUE.fullmatch(action) else GO, text, match)
    return None


def _actions(text: str) -> Iterator[re.Match[str]]:
    for match in _ACTION.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _COMMENT.search(line) is None:
            yield match


def _flaw(kind: tuple[str, str], text: str, match: re.Match[str]) -> Flaw:
    message, hint = kind
    mark = replace(mark_at(text, match.start()), width=len(match[0].split("\n")[0]))
    return Flaw(message, hint=hint, rule="unrendered", mark=mark)
