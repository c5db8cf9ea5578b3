"""Whether agents did what we would have done: each way to agree, to differ and to leave it open is a row."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from support.cli import run
from support.fake_zendesk import TEXT
from zendesk_gupshup.demo.stage import Api, environment
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.entry import Found, LedgerEntry
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.model.outcome_reasons import AgreementReason
from zendesk_gupshup.model.plan import Mode, Step
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.report.agreement import AgreementVerdict, Case, by_answers, by_tags, cases
from zendesk_gupshup.storage.app_actions import AppActions, Feedback
from zendesk_gupshup.storage.engine import open_engine
from zendesk_sandbox.server import SandboxServer

DICTIONARY = load()
REFUSED = ErrorCode(namespace="gupshup_http", code="401")
WALLET = ErrorCode(namespace="gupshup", code="1003")
SEEN, LATER = "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z"
CLIENT, AGENT, WE = 1, 2, 900
N2 = 5


def judge(case: Case, ticket: Ticket | None, group_id: int | None = None) -> AgreementVerdict:
    if verdict := by_tags(case, ticket):
        return verdict
    assert ticket is not None
    return by_answers(case, ticket, DICTIONARY, group_id=group_id)


def found(error: ErrorCode = REFUSED, **more: Any) -> LedgerEntry:
    """In observe: nothing written."""
    tags = frozenset({"gupshup", error.tag})
    would = (Step(kind="note", add_tags=tags, group="WhatsApp N2"),)
    values: dict[str, Any] = {
        "run": "live", "ticket_id": 7, "at": 1, "stamp": SEEN, "did": "nothing", "mode": Mode.OBSERVE, "would": would,
        "findings": (Found(error=error, confidence=Confidence.CERTAIN),),
    }  # fmt: skip
    return LedgerEntry.model_validate(values | more)


def wrote(*tags: str, before: tuple[str, ...] = (), group_id: int | None = None) -> Write:
    after = TicketState(updated_at="2026-11-21T09:00:02Z", tags=tags, group_id=group_id)
    return Write(kind="note", before=TicketState(updated_at=SEEN, tags=before), after=after)


def now(*tags: str, says: str | None = None, **more: Any) -> Ticket:
    """The ticket an hour later, with an agent's public answer if any."""
    comments = [Comment(id=10, author_id=CLIENT, body="It fails.", created_at=datetime.fromisoformat(SEEN))]
    if says is not None:
        comments.append(Comment(id=11, author_id=AGENT, plain_body=says, created_at=datetime.fromisoformat(LATER)))
    users = {CLIENT: User(id=CLIENT), AGENT: User(id=AGENT, role="agent"), WE: User(id=WE, role="admin")}
    values = {"id": 7, "status": "open", "updated_at": LATER, "requester_id": CLIENT, "our_user_id": WE}
    return Ticket.model_validate({**values, "tags": tags, "comments": comments, "users": users, **more})


NOTED = ("gupshup", "gupshup__http_401", "gupshup_noted__http_401")
ASSIST = found(mode=Mode.ASSIST, writes=(wrote(*NOTED),))


AWAITING = "gupshup_state__awaiting_owner"
SAYS_SO, NOBODY = AgreementReason.ANSWER_SAYS_SO(), AgreementReason.NOBODY_ACTED()
REMOVED = AgreementReason.CODE_REMOVED(tag="gupshup__http_401")


@pytest.mark.parametrize(
    ("entry", "ticket", "answer", "reason"),
    [
        # An agent's tags
        (found(), now("gupshup__http_401"), "agreed", AgreementReason.TAG_SET(tag="gupshup__http_401")),
        (found(), now(AWAITING), "agreed", AgreementReason.TAG_SET(tag=AWAITING)),
        (found(), now("gupshup_draft"), "agreed", AgreementReason.DRAFT_REQUESTED()),
        (found(), now("gupshup_draft__http_401"), "agreed", AgreementReason.DRAFT_REQUESTED()),
        (found(), now("gupshup_draft__1003"), "differed", AgreementReason.OTHER_CODE(tag="gupshup__1003")),
        (found(), now("gupshup__1003"), "differed", AgreementReason.OTHER_CODE(tag="gupshup__1003")),
        (found(), now("gupshup__http_401", "gupshup_off"), "differed", AgreementReason.TAG_SET(tag="gupshup_off")),
        (ASSIST, now("gupshup", "gupshup_noted__http_401"), "differed", REMOVED),
        (ASSIST, now(*NOTED), "open", NOBODY),
        (ASSIST, now(*NOTED, AWAITING), "agreed", AgreementReason.TAG_SET(tag=AWAITING)),
        # A draft that we made because an agent asked for it
        (found(writes=(wrote(*NOTED, before=("gupshup_draft__http_401",)),)), now(*NOTED), "agreed",
         AgreementReason.DRAFT_REQUESTED()),
        # An agent's words
        (found(), now(says="Please let the account owner write to Gupshup."), "agreed", SAYS_SO),
        (found(), now(says="Escriba el Dueño de la cuenta."), "agreed", SAYS_SO),
        (found(), now(says="Por favor, contacte al soporte de Gupshup."), "agreed", SAYS_SO),
        (found(), now(says="O proprietário da conta precisa abrir o chamado."), "agreed", SAYS_SO),
        (found(), now(says="Fale com o suporte oficial da Gupshup."), "agreed", SAYS_SO),
        (found(), now(says="See https://support.gupshup.io/hc"), "agreed", SAYS_SO),
        (found(), now(says="We are looking into it."), "open", AgreementReason.ANSWERED_OTHERWISE()),
        (found(), now(says="Done.", status="solved"), "differed", AgreementReason.SOLVED_OTHERWISE()),
        (found(), now(status="closed"), "differed", AgreementReason.SOLVED_WITHOUT_ANSWER()),
        (found(WALLET), now(says="Error 1003: recharge the wallet."), "agreed", SAYS_SO),
        (found(WALLET), now(says="The owner must help."), "open", AgreementReason.ANSWERED_OTHERWISE()),
        # An agent's routing
        (found(), now(group_id=N2), "agreed", AgreementReason.MOVED_TO_GROUP()),
        (found(), now(group_id=6), "open", NOBODY),
        (found(writes=(wrote(*NOTED, group_id=N2),)), now(*NOTED, group_id=6), "differed",
         AgreementReason.MOVED_OUT()),
        (found(writes=(wrote(*NOTED, group_id=N2),)), now(*NOTED, group_id=N2), "open", NOBODY),
        # Nobody
        (found(), now(updated_at=SEEN, status="solved"), "open", NOBODY),
        (ASSIST, now(*NOTED, updated_at="2026-11-21T09:00:02Z"), "open", NOBODY),
        (found(), None, "open", AgreementReason.TICKET_GONE()),
    ],
)  # fmt: skip
def test_what_counts(entry: LedgerEntry, ticket: Ticket | None, answer: Any, reason: Reason) -> None:
    (case,) = cases([entry], DICTIONARY)
    assert judge(case, ticket, group_id=N2) == AgreementVerdict(answer, reason)


@pytest.mark.parametrize(
    "comment",
    [
        Comment(id=11, author_id=AGENT, public=False, body="The owner!", created_at=datetime.fromisoformat(LATER)),
        Comment(id=11, author_id=WE, body="The owner!", created_at=datetime.fromisoformat(LATER)),
        Comment(id=11, author_id=CLIENT, body="The owner!", created_at=datetime.fromisoformat(LATER)),
        Comment(id=11, author_id=AGENT, body="The owner!", created_at=datetime.fromisoformat(SEEN)),
        Comment(id=11, author_id=77, body="The owner!", created_at=datetime.fromisoformat(LATER)),
        Comment(id=11, body="The owner!"),
    ],
    ids=["internal", "ours", "the client's", "before we looked", "nobody known", "no author"],
)
def test_whose_words_do_not_count(comment: Comment) -> None:
    (case,) = cases([found()], DICTIONARY)
    ticket = now().model_copy(update={"comments": (comment,)})
    assert judge(case, ticket).answer == "open"


def test_a_code_that_we_answered_ourselves_is_no_case() -> None:
    reply = wrote("gupshup__http_401", "gupshup_replied__http_401")
    assert cases([found(), found(did="done", writes=(reply,))], DICTIONARY) == ()


def test_a_code_is_a_case_once_and_only_where_something_was_due() -> None:
    only_tags = found(WALLET, would=(Step(kind="tags", add_tags=frozenset({WALLET.tag})),))
    got = cases([only_tags, found(at=1), found(at=2), found(WALLET, at=3)], DICTIONARY)
    assert [(case.error, case.at, case.kind) for case in got] == [
        (REFUSED, 1, "owner_escalation"),
        (WALLET, 3, "remedy"),
    ]


def test_a_code_that_we_found_too_is_not_another_code() -> None:
    first, _ = cases([found(), found(WALLET)], DICTIONARY)
    assert judge(first, now("gupshup__1003")).reason == NOBODY


def test_an_agent_who_acted_before_our_second_look_has_acted() -> None:
    """The second look knows the newer stamp; the agent's answer lies between the two."""
    case, _ = cases([found(), found(WALLET, stamp=LATER)], DICTIONARY)
    assert judge(case, now(says="Only the owner can do that.")).answer == "agreed"


# --- The command ---------------------------------------------------------------------------------------------


@pytest.fixture
def account(tmp_path: Path, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> tuple[SandboxServer, Api]:
    """An installation in observe, its ledger in `tmp_path`."""
    for name, value in environment(sandbox.base_url, "secret", tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("zendesk-gupshup.toml").write_text('[modes]\ncap = "observe"\n[routing]\ngroup = "WhatsApp N2"\n', "utf-8")
    return sandbox, Api(sandbox.base_url)


def write(sandbox: SandboxServer) -> int:
    return int(sandbox.store.write_as_client("client@example.com", "Client", TEXT, subject="WhatsApp")["id"])


def test_the_command_counts_and_lists_what_differs(account: tuple[SandboxServer, Api]) -> None:
    sandbox, api = account
    assert run("agreement") == (0, "Nothing was held back that an agent could agree with.\n", "")
    tickets = [write(sandbox) for _ in range(5)]
    assert run("process", *map(str, tickets))[0] == 0
    answered, tagged, solved, _, gone = tickets
    agent = next(user["id"] for user in sandbox.store.users.values() if user["email"] == "ada@example.com")
    says = {"body": "Only the account owner can ask Gupshup.", "public": True}
    api.call("PUT", f"/api/v2/tickets/{answered}", {"ticket": {"comment": says}})
    api.call("PUT", f"/api/v2/tickets/{tagged}", {"ticket": {"tags": ["gupshup_off"]}})
    api.call("PUT", f"/api/v2/tickets/{solved}", {"ticket": {"status": "solved", "assignee_id": agent}})
    api.call("DELETE", f"/api/v2/tickets/{gone}")
    expected = (
        "gupshup_http 401: 5 seen, 1 agreed, 2 differed, 2 open\n"
        f"  ticket {solved}: solved without an answer\n"
        f"  ticket {tagged}: an agent set gupshup_off\n"
    )
    assert run("agreement") == (0, expected, "")
    document = json.loads(run("agreement", "--code", "gupshup_http 401", "--json")[1])
    assert document["codes"] == {"gupshup_http 401": {"seen": 5, "agreed": 1, "differed": 2, "open": 2}}
    assert document["tickets"][0] == {
        "ticket_id": gone, "code": "gupshup_http 401", "answer": "open", "reason": "the ticket is gone",
    }  # fmt: skip


def test_it_asks_little(account: tuple[SandboxServer, Api]) -> None:
    sandbox, api = account
    tickets = [write(sandbox) for _ in range(6)]
    run("process", *map(str, tickets))
    api.call("PUT", f"/api/v2/tickets/{tickets[0]}", {"ticket": {"comment": {"body": "The owner.", "public": True}}})
    before = len(sandbox.requests)
    assert run("agreement")[1] == "gupshup_http 401: 6 seen, 1 agreed, 0 differed, 5 open\n"
    asked = [request["path"].split("?")[0] for request in sandbox.requests[before:]]
    # One for the hundred, one for the ticket that changed, one for the names of groups; signing in comes before.
    assert [path for path in asked if "oauth" not in path and "users/me" not in path] == [
        "/api/v2/tickets/show_many",
        f"/api/v2/tickets/{tickets[0]}/comments",
        "/api/v2/groups",
    ]


def test_limit_since_and_code_bound_it(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    tickets = [write(sandbox) for _ in range(3)]
    run("process", *map(str, tickets))
    out = run("agreement", "--limit", "2", "--json")[1]
    assert ([t["ticket_id"] for t in json.loads(out)["tickets"]], json.loads(out)["not_read"]) == (
        [tickets[2], tickets[1]],
        1,
    )
    assert run("agreement", "--limit", "2")[2] == "1 older ticket was not read; raise --limit to read more.\n"
    assert run("agreement", "--since", "2999-01-01")[1].startswith("Nothing was held back")
    assert run("agreement", "--code", "gupshup 1003")[1].startswith("Nothing was held back")
    assert run("agreement", "--code", "nonsense")[::2] == (1, "zendesk-gupshup: nonsense: no such code\n")
    assert "write one of them" in run("agreement", "--code", "500")[2]


@pytest.mark.parametrize(
    ("said", "answer", "reason"),
    [
        ("right", "agreed", AgreementReason.FEEDBACK_RIGHT()),
        ("wrong_code", "differed", AgreementReason.FEEDBACK_WRONG_CODE()),
        ("not_an_error", "differed", AgreementReason.FEEDBACK_NO_ERROR()),
    ],
)
def test_an_agents_word_in_the_app_counts_before_anything_else(said: str, answer: Any, reason: Reason) -> None:
    """Also where the tags say otherwise, and where the ticket is gone."""
    told, other = cases([found(), found(WALLET)], DICTIONARY, {str(REFUSED): said})
    for ticket in (now(), now("gupshup_off"), now(says="Please ask the account owner."), None):
        assert judge(told, ticket) == AgreementVerdict(answer, reason)
    assert judge(other, None) == AgreementVerdict("open", AgreementReason.TICKET_GONE())


def test_the_newest_word_about_a_code_counts(tmp_path: Path) -> None:
    ledger = Ledger(open_engine(None, tmp_path), "https://example.zendesk.com")
    actions = AppActions(ledger.engine, ledger.account)
    for user, at, verdict in ((1, 10, "right"), (2, 30, "not_an_error"), (3, 20, "wrong_code")):
        actions.keep_feedback(Feedback(7, user, at, cast("Any", verdict), str(REFUSED)))
    actions.keep_feedback(Feedback(7, 4, 5, "right", str(WALLET)))
    assert ledger.verdicts(7) == {str(REFUSED): "not_an_error", str(WALLET): "right"}
    assert ledger.verdicts(8) == {}
    ledger.engine.dispose()
