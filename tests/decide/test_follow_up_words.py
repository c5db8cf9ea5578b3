"""A mail that answers a closed ticket makes a new one, whose first comment holds the old one's words below its own."""

from __future__ import annotations

import pytest

from support.second_hand import REPORT, look, ticket
from zendesk_gupshup.model.ticket import Ticket

FOLLOW_UP = {"channel": "email", "source": {"rel": "follow_up", "from": {"ticket_id": 3}}}
DAY = "2026-11-21T00:00:00Z"
# Hardly a word of its own: in any other first comment, what stands below is the report.
ABOVE = ["Thanks!", "Gracias, ya funciona.", "Obrigada!"]
BELOW = [
    f"On Fri, Nov 20, 2026 at 10:00 AM Ada <ada@example.com> wrote:\n> {REPORT}",
    f"On Fri, Nov 20, 2026 at 10:00 AM Ada <ada@example.com> wrote:\n\n{REPORT}",
    f"El vie, 20 nov 2026 a las 10:00, Ada (<ada@example.com>) escribió:\n\n> {REPORT}",
    f"-----Mensagem original-----\nDe: Ada <ada@example.com>\nEnviada em: sexta-feira\n\n{REPORT}",
    f"##- Please type your reply above this line -##\n\n{REPORT}",
    f"> {REPORT}",
]


def mail(text: str, *, follows: bool = True, subject: str = "Re: WhatsApp") -> Ticket:
    via = FOLLOW_UP if follows else {"channel": "email"}
    return ticket({"body": text, "created_at": DAY}, subject=subject, via=via, created_at=DAY, updated_at=DAY)


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("below", BELOW)
def test_what_a_follow_up_only_quotes_is_no_report(above: str, below: str) -> None:
    found = look(mail(f"{above}\n\n{below}"))
    assert (found.detection.findings, found.updates) == ((), ())


def test_what_a_follow_up_only_quotes_in_html_is_no_report() -> None:
    quoted = f'<div class="gmail_quote">On Fri, Ada wrote:<blockquote><p>{REPORT}</p></blockquote></div>'
    of = mail(f"Thanks!\n\nOn Fri, Ada wrote:\n> {REPORT}")
    comment = of.comments[0].model_copy(update={"html_body": f"<div>Thanks!</div>{quoted}"})
    assert look(of.model_copy(update={"comments": (comment,)})).detection.findings == ()


@pytest.mark.parametrize("below", BELOW)
def test_what_a_follow_up_says_itself_is_answered(below: str) -> None:
    assert [update.public for update in look(mail(f"{REPORT}\n\n{below}")).updates] == [True, False]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fwd: WhatsApp", f"See below.\n\n{BELOW[1]}"),
        ("Re: WhatsApp", f"FYI\n\n---------- Forwarded message ---------\nFrom: Ada <ada@example.com>\n\n{REPORT}"),
    ],
    ids=["subject", "mark"],
)
def test_what_a_follow_up_forwards_is_a_report(subject: str, text: str) -> None:
    assert "gupshup_http 401" in [
        str(finding.error) for finding in look(mail(text, subject=subject)).detection.findings
    ]


def test_a_new_ticket_with_hardly_a_word_above_is_read_as_before() -> None:
    assert look(mail(f"See below.\n\n{BELOW[1]}", follows=False)).detection.findings
