"""Where requests may go: to the public internet, by whatever name, and to what somebody allowed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcast.domain.errors import InvalidInput
from runcast.outgoing.addresses import Address, is_public, parse_allowed
from runcast.outgoing.guard import Guard, OutgoingRefused, resolve_name

PRIVATE_4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
PRIVATE_6 = ("::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "2002::/16")
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "2606:4700:4700::1111", "2a00:1450::5")


@st.composite
def within(draw: st.DrawFn, networks: Sequence[str]) -> Any:
    """An address of these networks, those at their edges more often."""
    network = ipaddress.ip_network(draw(st.sampled_from(networks)))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@given(within(PRIVATE_4))
def test_no_private_ipv4_address_is_public_however_it_is_wrapped(address: IPv4Address) -> None:
    number = int(address)
    wrapped: list[Address] = [
        IPv6Address(0xFFFF << 32 | number),  # IPv4-mapped
        IPv6Address(number),  # IPv4-compatible
        IPv6Address((0x64FF9B << 96) | number),  # NAT64
        IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),  # Teredo
    ]
    assert not any(is_public(one) for one in [address, *wrapped])


@given(within(PRIVATE_6))
def test_no_private_ipv6_address_is_public(address: IPv6Address) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    if (mapped or address).is_private or (mapped or address).is_multicast or (mapped or address).is_loopback:
        assert not is_public(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_of_the_internet_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"]
)
def test_metadata_services_of_clouds_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "127.0.0.1."]
)
async def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    with pytest.raises((OutgoingRefused, OSError)):
        await Guard().addresses(host, Guard().check("http", host, None))


@given(within(PRIVATE_4))
def test_a_url_with_a_private_address_is_refused_without_a_look_up(address: IPv4Address) -> None:
    with pytest.raises(InvalidInput):
        Guard().check_url(f"http://{address}/")
    with pytest.raises(InvalidInput):
        Guard().check_url(f"https://[::ffff:{address}]/")


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "http:///x", "http://",
        "https://ada:secret@example.com/", "https://ada@example.com/", "http://example.com:22/", "http://example.com:25/",
        "http://example.com:99999/", "http://example.com:x/", "http://exa mple.com/", "http://example.com/\nHost: x",
        "http://[::1/", "http://[fe80::1%25eth0]/", "http://[::1]/", f"https://example.com/{'x' * 2048}",
    ],
)  # fmt: skip
def test_a_url_that_leads_nowhere_good_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Guard().check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/x?y=z", "https://1.1.1.1/", "https://[2606:4700:4700::1111]/"],
)
def test_a_url_of_the_internet_is_taken(url: str) -> None:
    Guard().check_url(url)


async def test_a_name_leads_to_its_public_addresses_only() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return {"mixed": ["10.0.0.1", "1.1.1.1", "::1"], "inside": ["192.168.1.1", "fe80::1%eth0"]}[host]

    guard = Guard(resolve=resolve)
    assert await guard.addresses("mixed", 443) == ["1.1.1.1"]
    with pytest.raises(OutgoingRefused, match="inside is not of the public internet"):
        await guard.addresses("inside", 443)


async def test_what_is_allowed_is_reached_and_nothing_beside_it() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [host if host[0].isdigit() else "10.2.0.1"]

    guard = Guard(parse_allowed(["10.1.0.0/16", "hooks.internal", "*.corp.example"]), resolve)
    for host in ("10.1.2.3", "hooks.internal", "HOOKS.internal.", "ci.corp.example"):
        assert await guard.addresses(host, guard.check("http", host, 22))
    for host in ("10.2.0.1", "10.0.255.255", "other.internal", "corp.example", "evilcorp.example"):
        with pytest.raises(OutgoingRefused):
            await guard.addresses(host, guard.check("http", host, 80))


@pytest.mark.parametrize("entry", ["", "http://x", "10.0.0.1/8", "a b", "*", "*.", "x/y", "10.0.0.0/33"])
def test_what_cannot_be_allowed_is_said(entry: str) -> None:
    with pytest.raises(InvalidInput, match="outgoing_private"):
        parse_allowed([entry])


async def test_the_machine_reads_odd_spellings_before_they_are_checked() -> None:
    assert await resolve_name("0x7f000001", 80) == ["127.0.0.1"]
