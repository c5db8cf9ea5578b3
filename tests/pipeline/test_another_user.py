"""The worker was signed in as another user when it wrote here: what went out then counts all the same."""

from __future__ import annotations

import pytest

from support.fake_zendesk import FakeZendesk
from support.prior_writes import ALL_OF_THEM, NOTED, REPLIED, change, copied, counts, guards, lose
from zendesk_gupshup.decide.guards import agent_has_answered, replies_in_a_day
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.detect.provenance import provenance
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Attachment, Comment, Metadata, User
from zendesk_gupshup.pipeline import Brain, handle, look_at
from zendesk_gupshup.render.catalogue import Templates

BEFORE, NOW = 900, 901
# An agent whose seat is given up becomes an end user; one that is deleted may not be told of at all.
USERS_OF_THEN = [User(id=BEFORE, role="admin"), User(id=BEFORE, role="end-user"), None]


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(load(), Templates.load(), Policy.model_validate({"default_mode": "auto"}))


def signed_in_as_another(zendesk: FakeZendesk, user: User | None) -> None:
    people = {id_: person for id_, person in zendesk.ticket_now.users.items() if id_ != BEFORE}
    people |= {BEFORE: user} if user else {}
    change(zendesk, our_user_id=NOW, users={**people, NOW: User(id=NOW, role="admin")})


@pytest.mark.parametrize("user", USERS_OF_THEN)
def test_lost_tags_are_put_back_and_nothing_is_said_twice(brain: Brain, user: User | None) -> None:
    zendesk = FakeZendesk()
    handle(zendesk, 7, brain)
    signed_in_as_another(zendesk, user)
    lose(zendesk, "vip")
    outcome = handle(zendesk, 7, brain)
    assert (outcome.written, counts(zendesk)) == (("tags",), (1, 1))
    assert [guard.name for guard in guards(outcome.look)] == ["already_replied", "already_noted"]
    assert {"vip", REPLIED, NOTED} <= set(zendesk.ticket_now.tags)


@pytest.mark.parametrize("user", USERS_OF_THEN)
def test_tags_that_were_renewed_on_a_follow_up_are_its_own(brain: Brain, user: User | None) -> None:
    zendesk = copied(*ALL_OF_THEM)
    handle(zendesk, 7, brain)
    zendesk.made_with = frozenset(ALL_OF_THEM)
    signed_in_as_another(zendesk, user)
    lose(zendesk, *zendesk.ticket_now.tags)
    assert (handle(zendesk, 7, brain).did, counts(zendesk)) == ("nothing", (1, 1))


@pytest.mark.parametrize("user", USERS_OF_THEN)
def test_our_own_words_of_then_are_neither_a_report_nor_an_agents_answer(brain: Brain, user: User | None) -> None:
    zendesk = FakeZendesk()
    handle(zendesk, 7, brain)
    signed_in_as_another(zendesk, user)
    ticket = zendesk.ticket_now
    assert [provenance(ticket, comment) for comment in ticket.comments] == ["client", None, None]
    assert (agent_has_answered(ticket), replies_in_a_day(ticket)) == (False, 1)
    asked = Comment(id=10, author_id=1, body="Please call me.", metadata=Metadata())
    thanks = ticket.model_copy(update={"comments": (asked, *ticket.comments[1:]), "tags": ()})
    assert look_at(thanks, brain).updates == ()


def test_an_unread_file_is_told_of_once(brain: Brain) -> None:
    zendesk = FakeZendesk("Our WhatsApp messages fail, see the picture.")
    picture = Attachment(id=70, file_name="screen.heic", content_type="image/heic", size=90_000)
    first = zendesk.ticket_now.comments[0]
    change(zendesk, comments=(first.model_copy(update={"attachments": (picture,)}),))
    handle(zendesk, 7, brain)
    signed_in_as_another(zendesk, USERS_OF_THEN[0])
    lose(zendesk, "vip")
    assert (handle(zendesk, 7, brain).written, counts(zendesk)) == (("tags",), (0, 1))


# --- An older version ----------------------------------------------------------------------------------------


def test_what_an_older_version_wrote_of_several_codes_is_told_by_its_words(brain: Brain) -> None:
    """It named the code that leads in the metadata, and no others."""
    said = (
        "Since this morning Gupshup answers 401 Authentication Failed for our app, "
        "and error code 1003 Wallet Balance Low for our other app."
    )
    zendesk = FakeZendesk(said)
    outcome = handle(zendesk, 7, brain)
    assert outcome.look
    assert len(outcome.look.detection.findings) == 2
    before = set(zendesk.ticket_now.tags)
    older = tuple(
        comment.model_copy(
            update={"metadata": Metadata(custom={k: v for k, v in comment.metadata.custom.items() if k != "codes"})}
        )
        for comment in zendesk.ticket_now.comments
        if comment.metadata
    )
    change(zendesk, comments=older)
    lose(zendesk)
    assert (handle(zendesk, 7, brain).written, counts(zendesk)) == (("tags",), (1, 1))
    assert set(zendesk.ticket_now.tags) >= {tag for tag in before if "replied" in tag or "noted" in tag}
