"""The words, numbers and times of a report in one language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from zendesk_gupshup.model.base import Language

# `[tickets:ticket|tickets]`: the word for one, and that for any other number.
_CHOICE = re.compile(r"\[(\w+):([^|\]]*)\|([^\]]*)\]")


class ReportWords:
    """`words("who")`, `words("more", count=3)`; a name that is not in the file is an error."""

    def __init__(self, language: Language, zone: str = "UTC") -> None:
        self.language = language
        self._zone = ZoneInfo(zone)
        self._months = self("months").split()

    def __call__(self, name: str, **values: object) -> str:
        text = _CHOICE.sub(lambda choice: _chosen(choice, values), _texts()[name][self.language])
        return text.format(**values) if values else text

    def of(self, kind: str, name: str) -> str:
        """The word for a value such as a guard's name, and the value itself where there is none."""
        found = _texts().get(f"{kind}_{name}")
        return found[self.language] if found else name

    def number(self, value: float, digits: int = 0) -> str:
        text = f"{value:,.{digits}f}"
        return text if self.language == "en" else text.translate(str.maketrans(",.", ".,"))

    def percent(self, part: float) -> str:
        return f"{part * 100:.0f} %"

    def day(self, at: int) -> str:
        return self._day(datetime.fromtimestamp(at, self._zone))

    def moment(self, at: int, *, after: int | None = None) -> str:
        """Day and time; the time alone on the day that was named just before."""
        moment = datetime.fromtimestamp(at, self._zone)
        if after is not None and self.day(after) == self._day(moment):
            return f"{moment:%H:%M}"
        return f"{self._day(moment)}, {moment:%H:%M}"

    def beginning(self, text: str, *, short: bool = False) -> str:
        """A `calendar.begin_of`, as people write it."""
        moment = datetime.fromisoformat(f"{text}:00" if "T" in text else text)
        day = f"{moment.day} {self._months[moment.month - 1]}"
        if "T" in text:
            return f"{moment:%H:%M}" if short else f"{day} {moment.year}, {moment:%H:%M}"
        return day if short else f"{day} {moment.year}"

    def _day(self, moment: datetime) -> str:
        return f"{moment.day} {self._months[moment.month - 1]} {moment.year}"

    @staticmethod
    def duration(seconds: int) -> str:
        """To two units: `8 s`, `2 min 5 s`, `3 d 4 h`; the units read the same in the three languages."""
        units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
        for n, (unit, size) in enumerate(units):
            if seconds >= size or unit == "s":
                whole, rest = divmod(seconds, size)
                small, small_size = units[n + 1] if n + 1 < len(units) else ("", 1)
                part = rest // small_size if small else 0
                return f"{whole} {unit}" + (f" {part} {small}" if part else "")
        raise AssertionError(seconds)


def _chosen(choice: re.Match[str], values: Mapping[str, object]) -> str:
    name, one, many = choice.groups()
    return one if str(values[name]) == "1" else many


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
