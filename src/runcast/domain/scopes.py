"""What a public token allows: scopes such as `read:runs:run_x`, and whether they cover a request.

The grammar is that of Trigger.dev's public tokens: `action`, `action:type` or `action:type:id`, split on the first two colons
(an id may contain more). `admin` covers everything, `*` any action, `all` any type; without an id a scope covers every
resource of its type.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runcast.domain.errors import InvalidInput

SCOPES_MAX = 100
SCOPE_CHARS_MAX = 2_500
ACTIONS = ("read", "write", "trigger", "batchTrigger", "update", "admin", "*")
_COVERED_BY_WRITE = frozenset({"trigger", "batchTrigger", "update"})


class Scope(msgspec.Struct, frozen=True):
    """One grant. An empty type or id does not restrict."""

    action: str
    type: str = ""
    id: str = ""

    def covers(self, action: str, resource: str) -> bool:
        """Whether `action` on `resource` (`type` or `type:id`) is granted.

        >>> parse_scope("read:runs:run_1").covers("read", "runs:run_1")
        True
        >>> parse_scope("read:runs:run_1").covers("read", "runs")
        False
        """
        if self.action == "admin" and not self.type:
            return True
        if self.action not in ("*", action) and not (self.action == "write" and action in _COVERED_BY_WRITE):
            return False
        kind, _, name = resource.partition(":")
        if self.type not in ("", "all", kind):
            return False
        return not self.id or (self.type != "all" and self.id == name)


def parse_scope(text: str) -> Scope:
    """Raises `InvalidInput` for a scope without an action, or too long."""
    action, _, rest = text.partition(":")
    kind, _, name = rest.partition(":")
    parts = 1 + min(2, text.count(":"))
    if len(text) > SCOPE_CHARS_MAX or not all((action, kind, name)[:parts]):
        raise InvalidInput(f"a scope is action, action:type or action:type:id, got {text[:100]!r}")
    return Scope(action, kind, name)


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Raises `InvalidInput` for more than 100."""
    scopes = tuple(map(parse_scope, texts))
    if len(scopes) > SCOPES_MAX:
        raise InvalidInput(f"a token has at most {SCOPES_MAX} scopes, got {len(scopes)}")
    return scopes


def check_actions(scopes: Iterable[Scope]) -> None:
    """Raises `InvalidInput` for an action that nothing asks for: such a token would do less than was meant, in silence.

    Tokens that others made are read without it, because theirs may know more actions.
    """
    for scope in scopes:
        if scope.action not in ACTIONS:
            raise InvalidInput(f"a scope has no action {scope.action[:100]!r}: it is one of {', '.join(ACTIONS)}")


def grants(scopes: Iterable[Scope], action: str, resources: Iterable[str]) -> bool:
    """Whether any scope covers `action` on any of the resources that a request may be allowed by.

    >>> grants([parse_scope("write:tasks:hello")], "trigger", ["tasks:hello"])
    True
    """
    wanted = tuple(resources)
    return any(scope.covers(action, resource) for scope in scopes for resource in wanted)
