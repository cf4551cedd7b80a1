"""Colours that can be read on one another, by the contrast of WCAG 2."""

from __future__ import annotations

import re

import msgspec

DEFAULT = "#3b4cca"
WHITE = "#ffffff"
INK = "#14161a"
CONTRAST_MIN = 4.5
"""What WCAG asks for of text of usual size."""
_HEX = re.compile(r"^#(?:[0-9a-f]{3}|[0-9a-f]{6})$", re.IGNORECASE)


class Palette(msgspec.Struct, frozen=True):
    """The colours of a page, made from one."""

    brand: str
    on_brand: str
    """Text on `brand`."""
    accent: str
    """`brand`, as dark as it must be to be read on white and on `tint`."""
    tint: str
    """A trace of `brand`, for areas."""
    line: str


def palette(color: str) -> Palette:
    """From `#rgb` or `#rrggbb`; anything else is our own colour.

    >>> palette("#ffe600").on_brand, palette("#003366").on_brand, palette("url(javascript:1)").brand
    ('#14161a', '#ffffff', '#3b4cca')
    """
    brand = _long(color.strip()) if _HEX.match(color.strip()) else DEFAULT
    on_brand = max((WHITE, INK), key=lambda text: contrast(text, brand))
    if contrast(on_brand, brand) < CONTRAST_MIN:
        brand, on_brand = _darkened(brand, WHITE), WHITE
    tint = mixed(brand, WHITE, 0.06)
    return Palette(brand, on_brand, _darkened(brand, tint), tint, mixed(brand, WHITE, 0.18))


def contrast(one: str, other: str) -> float:
    """From 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(color: str, other: str, share: float) -> str:
    """`share` of `color` in `other`."""
    parts = zip(_parts(color), _parts(other), strict=True)
    return "#" + "".join(f"{round(one * share + two * (1 - share)):02x}" for one, two in parts)


def _darkened(color: str, ground: str) -> str:
    share = 1.0
    while contrast(mixed(color, "#000000", share), ground) < CONTRAST_MIN:
        share -= 0.05
    return mixed(color, "#000000", share)


def _long(color: str) -> str:
    digits = color[1:].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
