"""How right a detector is on labelled texts: reports, exact codes, escalations, and what it calls certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields

from corpus import LabelledText
from zendesk_gupshup.model.finding import Confidence, Detection

Detector = Callable[[LabelledText], Detection]
_REFUSED_KEY = ("gupshup_http", "401")


@dataclass(frozen=True)
class Count:
    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right else 0.0


@dataclass(frozen=True)
class Figures:
    """Counts of one set of texts; `public` are escalations that would answer a client."""

    texts: int = 0
    is_error: Count = Count()
    codes: Count = Count()
    escalation: Count = Count()
    public: Count = Count()
    certain: Count = Count()

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Figures)})

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def figures_of(found: Iterable[LabelledText], detector: Detector) -> Figures:
    return sum((_of_one(text, detector(text)) for text in found), Figures())


def _of_one(text: LabelledText, found: Detection) -> Figures:
    given = {(f.error.namespace, f.error.code) for f in found.reported}
    counted = given - (text.optional - text.codes)
    certain = {(f.error.namespace, f.error.code) for f in found.findings if f.confidence is Confidence.CERTAIN}
    public = {
        (f.error.namespace, f.error.code)
        for f in found.findings
        if f.confidence is Confidence.CERTAIN and not f.withheld
    }
    known = text.codes | text.optional
    return Figures(
        texts=1,
        is_error=_yes_or_no(text.is_error, found.is_error),
        codes=Count(len(counted & text.codes), len(counted - text.codes), len(text.codes - counted)),
        escalation=_yes_or_no(text.escalation, _REFUSED_KEY in given),
        public=_yes_or_no(text.escalation, _REFUSED_KEY in public),
        certain=Count(len(certain & known), len(certain - known)),
    )


def _yes_or_no(wanted: bool | None, given: bool) -> Count:
    if wanted is None:
        return Count()
    return Count(int(wanted and given), int(given and not wanted), int(wanted and not given))


def line(name: str, figures: Figures) -> str:
    """One row of a Markdown table."""
    f = figures
    return (
        f"| {name} | {f.texts} | {f.is_error.f1:.3f} | {f.codes.f1:.3f} "
        f"| {f.escalation.precision:.2f} / {f.escalation.recall:.2f} "
        f"| {f.public.right} of {f.public.right + f.public.missed}, {f.public.wrong} wrong "
        f"| {f.certain.right + f.certain.wrong}, {f.certain.wrong} wrong |"
    )


HEAD = (
    "| texts | number | is_error F1 | codes F1 | escalation P / R | public escalation | certain |\n"
    "|---|---|---|---|---|---|---|"
)
