"""The time zone of a city of the United States: known for the city, or certain for its whole state, else unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from runcast.demo.names import plain

_PREFIXES = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}


class TimeZones:
    """A look-up by city and two-letter state.

    >>> zones = TimeZones([{"city": "Saint Paul", "state": "MN", "time_zone": "America/Chicago"}])
    >>> zones.find("St. Paul", "MN")
    'America/Chicago'
    """

    def __init__(self, cities: Iterable[Mapping[str, str]]) -> None:
        self._cities: dict[tuple[str, str], str] = {}
        states: dict[str, set[str]] = defaultdict(set)
        for city in cities:
            self._cities[_key(city["city"]), city["state"]] = city["time_zone"]
            states[city["state"]].add(city["time_zone"])
        self._whole_states = {state: min(zones) for state, zones in states.items() if len(zones) == 1}

    def find(self, city: str, state: str) -> str | None:
        """The city's zone, else the state's if all its cities share one, else None."""
        place, state = _key(city), state.strip().upper()
        # "New York" is "New York City" in the table.
        for name in (place, f"{place} city"):
            if zone := self._cities.get((name, state)):
                return zone
        return self._whole_states.get(state)


def _key(city: str) -> str:
    words = plain(city).lower().replace(".", " ").replace("-", " ").replace("'", "").split()
    return " ".join(_PREFIXES.get(word, word) for word in words)
