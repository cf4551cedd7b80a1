"""Which addresses are of the public internet: everything else is refused unless somebody allowed it.

The lists are our own rather than `ipaddress`'s, whose answers differ between versions of Python, and which calls a
cloud's metadata service public.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import msgspec

from runcast.domain.errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "168.63.129.16/32",
    )
)  # fmt: skip
"""This network, private, shared, loopback, link-local with the metadata services, documentation, tests, multicast, reserved;
the last is Azure's service for its machines."""
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""Teredo and other special uses, documentation, 6to4: the latter two lead to IPv4 addresses of anybody's choice."""
_NAT64 = IPv6Network("64:ff9b::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, whatever it is wrapped in.

    >>> from ipaddress import ip_address
    >>> [is_public(ip_address(text)) for text in ("9.9.9.9", "::ffff:127.0.0.1", "169.254.169.254", "64:ff9b::a00:1")]
    [True, False, False, False]
    """
    address = unwrapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for on its way, or the address itself."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class Allowed(msgspec.Struct, frozen=True):
    """Hosts and networks beside the public internet that may be reached."""

    hosts: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()
    """Suffixes with a dot in front."""
    networks: tuple[Network, ...] = ()

    def has_host(self, host: str) -> bool:
        name = host.rstrip(".").lower()
        return name in self.hosts or any(name.endswith(domain) for domain in self.domains)

    def has_address(self, address: Address) -> bool:
        address = unwrapped(address)
        return any(address.version == network.version and address in network for network in self.networks)


def parse_allowed(entries: Iterable[str]) -> Allowed:
    """What the setting `outgoing_private` says. Raises `InvalidInput`.

    >>> from ipaddress import ip_address
    >>> allowed = parse_allowed(["10.1.0.0/16", "hooks.internal", "*.corp.example"])
    >>> (
    ...     allowed.has_address(ip_address("10.1.2.3")),
    ...     allowed.has_host("ci.corp.example"),
    ...     allowed.has_host("corp.example"),
    ... )
    (True, True, False)
    """
    hosts, domains, networks = set[str](), list[str](), list[Network]()
    for entry in entries:
        text = entry.strip().rstrip(".").lower()
        try:
            networks.append(ip_network(text))
        except ValueError:
            name = text.removeprefix("*.")
            if not name or not all(part.replace("-", "").replace("_", "").isalnum() for part in name.split(".")):
                raise InvalidInput(
                    f"outgoing_private lists hosts (hooks.internal, *.corp.example) and networks (10.1.0.0/16), got {entry!r}"
                ) from None
            if text.startswith("*."):
                domains.append(f".{name}")
            else:
                hosts.add(name)
    return Allowed(frozenset(hosts), tuple(domains), tuple(networks))
