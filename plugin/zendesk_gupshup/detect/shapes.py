"""The payloads in which Gupshup and Meta report errors, read off the objects of a text: failed events, refused calls.

Sources: https://docs.gupshup.io/docs/message-events, https://partner-docs.gupshup.io/docs/events,
https://docs.gupshup.io/docs/real-time-delivery-reports and Meta's error-code page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zendesk_gupshup.detect.index import TITLE, VARIANT, WORDING
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.reports import FAILED, Claim, delivery_report, gateway_answer, gateway_text, query, table
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.structure import Object, objects
from zendesk_gupshup.dictionary.model import CodeEntry
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Namespace
from zendesk_gupshup.model.reason import Reason

_GRAPH_NUMBER = regex(r"\(#([0-9]{1,7})\)")
_SHORT_CODE = regex(r"[0-9]{1,7}")
_EVENT_DONE = frozenset(
    {"enqueued", "sent", "delivered", "read", "deleted", "submitted", "success", "mismatch", "accepted"}
)
_STATUS_KEYS = (
    "provider_status",
    "http_status",
    "httpstatus",
    "http_code",
    "status_code",
    "statuscode",
    "httpcode",
    "upstream_status",
    "response_code",
    "responsecode",
)
_BODY_KEYS = ("message", "reason", "error", "details", "description", "error_message", "errormessage", "detail", "msg")
_BAD_STATUS = pattern("shapes.bad_status")
_NEWS = frozenset({"template-event", "account-event"})
_NEWS_FIELDS = frozenset({"message_template_status_update", "account_update", "phone_number_quality_update"})
_STATUS_NEAR = pattern("shapes.status_near")


@dataclass(frozen=True)
class Shapes:
    claims: tuple[Claim, ...]
    # Parts that report success or were read in full: no number in them is a mention.
    spoken_for: tuple[tuple[int, int], ...]


def shapes(scene: Scene) -> Shapes:
    claims: list[Claim] = []
    done: list[tuple[int, int]] = []
    low = scene.low
    if "{" in low:
        for thing in objects(scene.text.text):
            found = list(_read(scene, thing))
            claims.extend(found)
            if thing.fields and (found or _succeeded(scene, thing) or _is_event(thing)):
                done.append((thing.start, thing.end))
    if "|" in low:
        claims.extend(gateway_text(scene, done))
    if "cause=" in low:
        claims.extend(query(scene, done))
    if "errorcode" in low or "errcode" in low or "error_code" in low:
        claims.extend(table(scene, done))
    return Shapes(tuple(_without_repeats(claims)), tuple(done))


def _without_repeats(claims: Iterable[Claim]) -> Iterator[Claim]:
    """An object and the one around it may say the same; the inner words are the evidence."""
    said: set[tuple[int, CodeEntry | None]] = set()
    for claim in claims:
        key = (claim.end, claim.entry)
        if key not in said:
            said.add(key)
            yield claim


def _is_event(thing: Object) -> bool:
    return thing.text("type") in ("message-event", "billing-event", "preference-event", "user-event", "message")


def _read(scene: Scene, thing: Object) -> Iterator[Claim]:
    if thing.is_list:
        return
    keys = thing.fields.keys()
    if keys & {"errorcode", "errcode"} and keys & {"cause", "eventtype", "externalid"}:
        yield from delivery_report(scene, thing)
        return
    kind = thing.text("type").lower()
    if kind in FAILED and (thing.child("payload") or thing.scalar("code")):
        yield from _failed_event(scene, thing)
        return
    if kind in _NEWS:
        yield from _news(scene, thing)
        return
    if thing.text("field") in _NEWS_FIELDS:
        value = thing.child("value")
        if value and _BAD_STATUS.search(value.text("event", "status").lower()):
            yield Claim(scene, thing.start, thing.end, Rule.ACCOUNT_EVENT(), entry=None)
        return
    errors = thing.child("errors")
    if errors is not None:
        for item in [errors, *errors.items]:
            yield from _meta_error(scene, item, rule=Rule.MESSAGE_STATUS())
    error = thing.child("error")
    if error is not None:
        yield from _graph_error(scene, error)
    response = thing.child("response")
    if response is not None and response.text("status").lower() == "error" and response.text("id"):
        yield from gateway_answer(scene, response.text("id"), response.start, response.end, Rule.GATEWAY_ANSWER())
        return
    if thing.text("status").lower() == "error" and error is None and thing.name != "response":
        yield from _api_body(scene, thing)
    elif any(thing.text(key) for key in _STATUS_KEYS):
        yield from _wrapped_status(scene, thing)
    elif thing.scalar("code") and thing.text("reason") and not _inside_failed(thing):
        yield from _code_and_reason(scene, thing)


def _inside_failed(thing: Object) -> bool:
    return thing.parent is not None and thing.parent.text("type").lower() in FAILED


def _succeeded(scene: Scene, thing: Object) -> bool:
    if thing.text("errorcode", "errcode"):
        entry = scene.index.get("gupshup_enterprise", thing.text("errorcode", "errcode").lower())
        return entry is not None and entry.success
    states = {thing.text("status").lower(), thing.text("type").lower(), thing.text("eventtype").lower()}
    return bool(states & _EVENT_DONE) and thing.child("errors") is None and thing.child("error") is None


def _failed_event(scene: Scene, thing: Object) -> Iterator[Claim]:
    inner = thing.child("payload") or thing
    code = inner.scalar("code") or thing.scalar("code")
    if code is None or not _SHORT_CODE.fullmatch(code.text):
        return
    entry = _of_event(scene, code.text, inner)
    start, end = inner.start, inner.end
    if entry is not None:
        yield Claim(scene, start, end, Rule.FAILED_EVENT(), entry, variant=_variant(scene, entry, start, end))
    else:
        yield Claim(scene, start, end, Rule.FAILED_EVENT(), number=code.text)


def _code_and_reason(scene: Scene, thing: Object) -> Iterator[Claim]:
    """The inner part of a failed event, pasted alone."""
    code = thing.text("code")
    if not _SHORT_CODE.fullmatch(code):
        return
    entry = _proved(scene, code, thing.start, thing.end)
    if entry is None and thing.fields.keys() <= {"code", "reason"}:
        entry = scene.index.get("gupshup", code)
    if entry is not None:
        yield Claim(scene, thing.start, thing.end, Rule.CODE_AND_REASON(), entry)


def _of_event(scene: Scene, code: str, inner: Object) -> CodeEntry | None:
    """The reason's words decide; else Gupshup's own list, then Meta's, then the closed On-Premises API."""
    proved = _proved(scene, code, inner.start, inner.end)
    if proved is not None:
        return proved
    order: tuple[Namespace, ...] = ("gupshup", "meta", "meta_onprem")
    return next((e for n in order if (e := scene.index.get(n, code)) is not None), None)


def _proved(scene: Scene, code: str, start: int, end: int) -> CodeEntry | None:
    """The entry of that number whose title or wording stands in the object."""
    for kind in (WORDING, TITLE):
        for hit in scene.within(kind, start, end):
            entry = hit.sense.entry
            if entry is not None and entry.error.code == code and entry.error.namespace != "gupshup_http":
                return entry
    return None


def _variant(scene: Scene, entry: CodeEntry, start: int, end: int) -> str | None:
    for kind in (WORDING, VARIANT):
        for hit in scene.within(kind, start, end):
            if hit.sense.variant and hit.sense.entry is entry:
                return hit.sense.variant
    return None


def _meta_error(scene: Scene, item: Object, rule: Reason) -> Iterator[Claim]:
    code = item.text("code")
    if not _SHORT_CODE.fullmatch(code):
        return
    # Others answer `{"errors": [{"code": 2, "description": ...}]}` too.
    if len(code) < 5 and not (item.fields.keys() & {"title", "href", "error_data", "fbtrace_id"}):
        return
    # Meta's old pages: /docs/whatsapp/api/errors is the On-Premises list, /cloud-api/ the present one.
    onprem = "whatsapp/api/errors" in item.text("href")
    order: tuple[Namespace, ...] = ("meta_onprem", "meta") if onprem else ("meta", "meta_onprem")
    entry = _proved(scene, code, item.start, item.end)
    if entry is None or entry.error.namespace not in order:
        entry = next((e for n in order if (e := scene.index.get(n, code)) is not None), None)
    if entry is None and item.text("title"):
        yield Claim(scene, item.start, item.end, rule, number=code)
    elif entry is not None:
        yield Claim(scene, item.start, item.end, rule, entry)


def _graph_error(scene: Scene, error: Object) -> Iterator[Claim]:
    """`{"error": {"message": "(#131030) ...", "code": ..., "fbtrace_id": ...}}`, whole or with parts missing."""
    message, code = error.text("message"), error.text("code")
    inline = _GRAPH_NUMBER.search(message)
    number = inline[1] if inline else code
    if not _SHORT_CODE.fullmatch(number):
        return
    signed = "oauth" in error.text("type").lower() or "fbtrace_id" in error.fields or inline is not None
    entry = scene.index.get("meta", number)
    if entry is None:
        if signed and (number[:2], len(number)) in scene.index.families:
            yield Claim(scene, error.start, error.end, Rule.GRAPH_ERROR(), number=number)
        return
    worded = _proved(scene, number, error.start, error.end) is not None or _supported(scene, entry, error)
    if signed or worded or len(number) >= 6:
        yield Claim(scene, error.start, error.end, Rule.GRAPH_ERROR(), entry)


def _supported(scene: Scene, entry: CodeEntry, thing: Object) -> bool:
    return any(hit.sense.entry is entry for hit in scene.within("support", thing.start, thing.end))


def _api_body(scene: Scene, thing: Object) -> Iterator[Claim]:
    """`{"status": "error", "message": "..."}`: the words, and the HTTP status if one stands near."""
    body = thing.scalar(*_BODY_KEYS)
    if body is None:
        return
    inline = _GRAPH_NUMBER.search(body.text)
    meta = scene.index.get("meta", inline[1]) if inline else None
    if meta is not None:
        yield Claim(scene, thing.start, thing.end, Rule.META_ERROR_IN_API_ANSWER(), meta)
        return
    status = thing.text(*_STATUS_KEYS, "code") or status_near(scene, thing.start, thing.end)
    yield from answer(scene, status, thing.start, thing.end, Rule.API_ANSWER())


def answer(scene: Scene, status: str, start: int, end: int, rule: Reason) -> Iterator[Claim]:
    """The claim of an API body between `start` and `end` under an HTTP status, which may be unknown (empty)."""
    hits = [h for kind in (WORDING, VARIANT) for h in scene.within(kind, start, end) if h.sense.entry is not None]
    under = scene.index.get("gupshup_http", status) if status else None
    if under is not None:
        hit = next((h for h in hits if h.sense.entry is under and h.sense.variant), None)
        titled = any(h.sense.entry is under for h in scene.within(TITLE, start, end))
        if hit is not None or titled:
            variant = hit.sense.variant if hit else None
            yield Claim(scene, start, end, rule, under, variant=variant, signed=False)
            return
    worded = next((h for h in hits if h.sense.kind == WORDING), None)
    if worded is not None:
        entry = worded.sense.entry
        yield Claim(scene, start, end, rule, entry, variant=worded.sense.variant, signed=False)
        return
    for hit in scene.within(TITLE, start, end):
        if hit.sense.entry is not None and hit.sense.entry.error.namespace == "gupshup_http":
            yield Claim(scene, start, end, rule, hit.sense.entry, signed=False)
            return
    yield Claim(scene, start, end, rule, under, signed=False)


def status_near(scene: Scene, start: int, end: int) -> str:
    """The HTTP status written up to three lines around: the nearest before, else the nearest after."""
    first, last = scene.lines_around(start, 3, 0)[0], scene.lines_around(end, 0, 2)[1]
    before = list(_STATUS_NEAR.finditer(scene.low, max(first, start - 300), start))
    after = _STATUS_NEAR.search(scene.low, end, min(last, end + 120))
    near = before[-1] if before else after
    return next((group for group in near.groups() if group), "") if near else ""


def _wrapped_status(scene: Scene, thing: Object) -> Iterator[Claim]:
    """A log line of the customer's own that carries Gupshup's status and body."""
    if not scene.within("gupshup", thing.start, thing.end):
        return
    status = thing.text(*_STATUS_KEYS)
    if scene.index.get("gupshup_http", status) is not None:
        yield from answer(scene, status, thing.start, thing.end, Rule.LOG_LINE())


def _news(scene: Scene, thing: Object) -> Iterator[Claim]:
    """Gupshup's own news of templates and accounts; a change of tier is no trouble."""
    outer = thing.child("payload")
    if outer is None or outer.text("type").lower() == "tier-event":
        return
    inner = outer.child("payload") or outer
    if _BAD_STATUS.search(inner.text("status", "event").lower()):
        yield Claim(scene, thing.start, thing.end, Rule.ACCOUNT_EVENT())
