"""The link that opens Gupshup's request form with the draft already in it, and what must be known of that form.

https://support.zendesk.com/hc/en-us/articles/4408839114522 describes the parameters. The code that reads them ignores
an address of more than 2,048 characters as a whole, silently:
https://github.com/zendesk/copenhagen_theme/blob/master/src/modules/new-request-form/usePrefilledTicketFields.tsx
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, StringConstraints

from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.outcome_reasons import Notice
from zendesk_gupshup.text.redaction import mask
from zendesk_gupshup.text.truncation import beginning

from .markdown import clean, clean_lines, inert
from .reasons import in_words

MAX_URL = 2048

# Encoded characters that the small parameters may take, so that a useful description always has room.
_SUBJECT_ROOM = 420
_EMAIL_ROOM = 200
_FIELD_ROOM = 150
_FIELDS_ROOM = 500

# No more than this could ever fit; the rest is not even looked at.
_LONGEST = 10_000

_ACCOUNT = re.compile(r"[0-9]{6,12}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


def is_email(text: str) -> bool:
    """Whether `text` is a plain e-mail address and nothing besides, no placeholder of Zendesk's among it."""
    return _EMAIL.fullmatch(text) is not None and inert(text) == text


class GupshupDesk(StrictModel):
    """Gupshup's own support desk, and how our texts speak of it."""

    host: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{4,100}(:\d{1,5})?$")] = Field(
        "support.gupshup.io", description="Host of Gupshup's help centre, where the owner opens the ticket."
    )
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})?$")] = Field(
        "en-us", description="Locale in the address of the request form."
    )
    form_id: int | None = Field(
        None,
        ge=1,
        le=10**15,
        description="Id of Gupshup's ticket form, where it has several; unset: the form is not named.",
    )
    fields: Mapping[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")], int | str] = Field(
        default_factory=dict,
        max_length=20,
        description="Fields of Gupshup's form that the link fills in: app_name, app_id, account_id, owner_email, "
        "error_type, error_code -> the id of the field in Gupshup's form.",
    )
    team_name: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="Name under which replies are signed; unset: no signature (Zendesk adds the agent's own)."
    )
    note_language: Language | None = Field(
        None, description="Language of internal notes (en, es, pt, fr); unset: the language of the reply."
    )
    note_languages: Mapping[str, Language] = Field(
        default_factory=dict,
        description="Language of internal notes by the name of the ticket's group, as in "
        '`"Soporte N2" = "es"`; it precedes `note_language`.',
    )
    request_language: Language | None = Field(
        None, description="Language of the request that the owner sends to Gupshup; unset: the client's language."
    )
    key_in_evidence: Literal["masked", "as the protocol says"] = Field(
        "masked",
        description="How the API key looks in the screenshot for Gupshup: masked to its last four characters, or "
        "readable, as Gupshup's protocol asks.",
    )
    attach_guide: bool = Field(default=True, description="Attach the owner's guide (PDF) to the reply.")


class PrefilledLink(StrictModel):
    """`url` opens the request form; `shortened` when the description did not fit into it as a whole."""

    url: str
    shortened: bool = False


def prefilled_link(
    desk: GupshupDesk,
    subject: str,
    description: str,
    owner_email: str | None,
    fields: Mapping[str, str],
    *,
    language: Language = "en",
) -> PrefilledLink:
    """The address of the filled-in form: at most 2,048 characters, without secrets and telephone numbers.

    `fields` are values by the names of `desk.fields`; those that the desk has no id for are left out. An address that
    is no plain e-mail address is left out too: a wrong requester is worse than none.
    """
    account = fields.get("account_id", "")
    url = f"https://{desk.host}/hc/{desk.locale}/requests/new?tf_subject={_fit(_safe(subject, account), _SUBJECT_ROOM)}"
    if desk.form_id:
        url += f"&ticket_form_id={desk.form_id}"
    if owner_email and is_email(owner_email) and len(quote(owner_email, safe="")) <= _EMAIL_ROOM:
        url += f"&tf_anonymous_requester_email={quote(owner_email, safe='')}"
    url += _form_fields(desk, fields)
    room = MAX_URL - len(url) - len("&tf_description=")
    text = _safe(description, account)
    encoded = quote(text, safe="")
    shortened = len(encoded) > room or len(description) > _LONGEST
    if shortened:
        ending = quote(f"\n{in_words(Notice.SHORTENED(), language)}", safe="")
        encoded = _fit(text, room - len(ending)) + ending
    return PrefilledLink(url=f"{url}&tf_description={encoded}", shortened=shortened)


def _form_fields(desk: GupshupDesk, values: Mapping[str, str]) -> str:
    made = ""
    account = values.get("account_id", "")
    for name, field_id in desk.fields.items():
        value = clean(values.get(name) or "")
        if value:
            parameter = f"&tf_{quote(str(field_id), safe='')[:40]}={_fit(_safe(value, account), _FIELD_ROOM)}"
            if len(made) + len(parameter) <= _FIELDS_ROOM:
                made += parameter
    return made


def _safe(text: str, account: str) -> str:
    """Masked, without control characters, and with ‹ › for < >, which Gupshup's page would take for HTML and drop.

    An Enterprise account's user id has the form of a telephone number; the one that is known to be `account` stays.
    """
    known = (account,) if _ACCOUNT.fullmatch(account) else ()
    masked = mask(beginning(text, _LONGEST), known)
    # What is dropped may have parted a key.
    if (cleaned := clean_lines(masked)) != masked:
        masked = mask(cleaned, known)
    return inert(masked.strip().replace("<", "‹").replace(">", "›"))


def _fit(text: str, room: int) -> str:
    """`text` percent-encoded in at most `room` characters, shortened at the end of a word where there is one."""
    encoded = quote(text, safe="")
    if len(encoded) <= room:
        return encoded
    ending = quote("…", safe="")
    used = 0
    kept = 0
    for kept, character in enumerate(text):  # noqa: B007 - its last value is where the text ends
        used += len(quote(character, safe=""))
        if used + len(ending) > room:
            break
    short = text[:kept]
    boundary = max(short.rfind(" "), short.rfind("\n"))
    if not text[kept].isspace() and boundary > 0:
        short = short[:boundary]
    elif not text[kept].isspace():
        short = _whole_characters(text, short)
    return quote(short.rstrip(), safe="") + ending


def _whole_characters(text: str, short: str) -> str:
    """No cut between a letter and its accent, or inside an emoji that several code points make."""
    while short and (unicodedata.combining(text[len(short)]) or "\u200d" in (text[len(short)], short[-1])):
        short = short[:-1]
    return short
