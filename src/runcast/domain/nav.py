"""Places in the navigation that an extension adds."""

from __future__ import annotations

import msgspec

from runcast.domain.errors import InvalidInput


class NavItem(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A place in the navigation of the dashboard.

    >>> NavItem("Leads", "/leads", icon="contact").path
    '/leads'
    """

    title: str
    path: str
    """Within the dashboard; it begins with a slash."""
    icon: str = ""
    """The name of a lucide icon; a page without one gets a plain mark."""

    def __post_init__(self) -> None:
        if not self.title or not self.path.startswith("/") or self.path.startswith("//"):
            raise InvalidInput(f"a place in the navigation has a title and a path such as /leads, got {self.path!r}")
