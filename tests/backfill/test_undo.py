"""`undo` against a sandbox: the state before, except where people have been since, and what cannot be taken back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support import old_tickets
from support.databases import database
from support.old_tickets import ALL, GROUP, ForkedCli, asked_for, call, fill, ledger, one, states, updates
from zendesk_gupshup.backfill.inverse import inverse, net
from zendesk_gupshup.model.ticket import CustomField, Ticket
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_sandbox.server import SandboxServer

SORRY = "We are sorry: **please ignore** our last message. {{ticket.id}}"
TAG = "gupshup_corrected__"


@pytest.fixture
def old() -> Iterator[SandboxServer]:
    with SandboxServer(limits=False, incremental_lag=0, job_delay=0.0) as sandbox:
        yield sandbox


def written(old: SandboxServer, folder: Path, *flags: str, config: str = "") -> str:
    """The id of a run that wrote."""
    ended = call(old, folder, "reprocess", *ALL, *flags, "--apply", "--yes", "--json", config=config)
    assert ended.code == 0, ended.err
    return str(ended.json["run"])


# --- The inverse, pure ---------------------------------------------------------------------------------------


def state(**values: Any) -> TicketState:
    return TicketState.model_validate({"tags": ("vip",), **values})


def write(before: TicketState, after: TicketState, **more: Any) -> Write:
    return Write(kind=more.pop("kind", "tags"), before=before, after=after, **more)


GIVEN = state(tags=("a", "vip"), group_id=2, priority="high", status="pending")
GIVEN_BEFORE = state(group_id=1, priority="low", status="open")


@pytest.mark.parametrize(
    ("now", "body", "left"),
    [
        (GIVEN, {"tags": ["vip"], "group_id": 1, "priority": "low", "status": "open"}, ()),
        (
            state(tags=("a", "vip", "new"), group_id=3, priority="urgent", status="solved"),
            {"tags": ["vip", "new"]},
            ("group was changed since", "priority was changed since", "status was changed since"),
        ),
        (GIVEN_BEFORE, {}, ()),
        (state(tags=("a",), status="closed"), {}, ("the ticket is closed",)),
    ],
)
def test_only_what_nobody_has_changed_is_set_back(now: TicketState, body: dict[str, Any], left: tuple[str]) -> None:
    ticket = Ticket.model_validate({"id": 7, **now.model_dump(exclude={"updated_at", "custom_fields"})})
    found = inverse(net([write(GIVEN_BEFORE, GIVEN)]), ticket)
    assert (found.body, found.left, found.lost) == (body, left, ())


def test_two_updates_of_a_run_are_one_change() -> None:
    first, second = state(tags=("a", "vip"), group_id=2), state(tags=("b", "vip"), group_id=3)
    total = net([write(state(group_id=1), first), write(first, second)])
    assert (total.added, total.removed, total.values) == ({"b"}, set(), {"group_id": (1, 3)})


def test_what_zendesk_does_not_take_back_is_said() -> None:
    before, after = state(status="new"), state(status="pending", priority="high")
    ticket = Ticket(id=7, tags=("vip",), status="pending", priority="high")
    assert inverse(net([write(before, after)]), ticket).left == (
        "priority cannot be set back to none in Zendesk",
        "status cannot be set back to new in Zendesk",
    )


@pytest.mark.parametrize(
    ("was", "now", "body", "left"),
    [
        pytest.param(
            {"type": "incident"},
            {"type": "incident", "problem_id": 9},
            {"problem_id": None},
            (),
            id="an incident",
        ),
        pytest.param(
            {}, {"type": "incident", "problem_id": 9}, {"problem_id": None}, ("type stays incident",), id="of no type"
        ),
        pytest.param(
            {"type": "incident"},
            {"type": "incident", "problem_id": 8},
            {},
            ("problem was changed since",),
            id="linked to another since",
        ),
        pytest.param({"type": "incident"}, {"type": "incident"}, {}, (), id="taken off since"),
    ],
)
def test_an_incident_is_taken_off_the_problem_that_the_run_linked_it_to(
    was: dict[str, Any], now: dict[str, Any], body: dict[str, Any], left: tuple[str]
) -> None:
    linked = state(type="incident", problem_id=9)
    found = inverse(net([write(state(**was), linked)]), Ticket.model_validate({"id": 7, "tags": ("vip",), **now}))
    assert (found.body, found.left) == (body, left)


def test_fields_are_set_back_where_they_hold_what_we_wrote() -> None:
    fields = (CustomField(id=5, value=None), CustomField(id=6, value="x"))
    ours = (CustomField(id=5, value="ours"), CustomField(id=6, value="ours"))
    total = net([write(state(custom_fields=fields), state(custom_fields=ours))])
    now = Ticket(id=7, custom_fields=(ours[0], CustomField(id=6, value="theirs")))
    found = inverse(total, now)
    assert (found.body, found.left) == ({"custom_fields": [{"id": 5, "value": None}]}, ("field 6 was changed since",))


def test_a_reply_that_was_mailed_keeps_the_tag_that_says_so() -> None:
    after = state(tags=("gupshup", "gupshup_replied__http_401", "vip"))
    total = net([write(state(), after, kind="reply", public=True, comment_id=9)])
    found = inverse(total, Ticket(id=7, tags=after.tags))
    assert found.body == {"tags": ["gupshup_replied__http_401", "vip"]}
    assert found.lost == ("the public reply stays (comment 9)",)


# --- A run taken back ----------------------------------------------------------------------------------------


# Each call leaves an engine to the end of the process, which is this one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_state_is_as_before_except_where_agents_have_been(
    kind: str, old: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "postgresql":
        url = database(kind, tmp_path).url.render_as_string(hide_password=False)
        monkeypatch.setattr(old_tickets, "DATABASE_URL", url)
    told = fill(old.store, 120)
    for ticket_id in told:
        old.store.tickets[ticket_id]["priority"] = "low"
    before = states(old.store)
    run = written(old, tmp_path, config=GROUP)
    agent = old.store.user_by_email("ada@example.com")["id"]
    support = next(g["id"] for g in old.store.groups.values() if g["name"] == "Support")
    moved, raised, tagged, closed = told[0], told[1], told[2], told[3]
    old.store.update_ticket(moved, {"group_id": support}, agent)
    old.store.update_ticket(raised, {"priority": "urgent"}, agent)
    old.store.update_ticket(tagged, {"additional_tags": ["by_ada"], "remove_tags": ["gupshup"]}, agent)
    old.store.tickets[closed]["status"] = "closed"
    between = states(old.store)

    dry = call(old, tmp_path, "undo", run, "--json", config=GROUP)
    assert (dry.code, states(old.store), dry.json["due"]) == (0, between, len(told) - 1)
    done = call(old, tmp_path, "undo", run, "--apply", "--yes", "--json", config=GROUP)
    assert (done.code, done.json["written"]) == (0, len(told) - 1)
    assert {row["ticket_id"]: row["why"] for row in done.json["stays"]} == {
        moved: "group was changed since",
        raised: "priority was changed since",
        closed: "the ticket is closed",
    }
    after = states(old.store)
    for ticket_id, (tags, group, priority, *rest) in before.items():
        wanted = (
            (*tags, "by_ada") if ticket_id == tagged else tags,
            support if ticket_id == moved else group,
            "urgent" if ticket_id == raised else priority,
            *rest,
        )
        if ticket_id == closed:
            assert after[ticket_id] == between[ticket_id]
        else:
            assert (tuple(sorted(after[ticket_id][0])), *after[ticket_id][1:]) == (
                tuple(sorted(wanted[0])),
                *wanted[1:],
            )
    settled = SweepState(ledger(tmp_path, old).engine, old.base_url)
    stamp = {told[5]: str(old.store.tickets[told[5]]["updated_at"])}
    assert settled.settled(stamp) == {told[5]}


def test_an_undoing_is_a_run_and_can_be_undone(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 20)
    run = written(old, tmp_path)
    tagged = states(old.store)
    first = call(old, tmp_path, "undo", run, "--apply", "--yes", "--json").json["run"]
    again = call(old, tmp_path, "undo", first, "--apply", "--yes", "--json")
    assert (again.json["written"], states(old.store)) == (len(told), tagged)
    asked = [(r.kind, r.asked) for r in ledger(tmp_path, old).runs()]
    assert ("undo", f"undo {run} --apply") in asked


def test_what_was_said_is_listed_and_corrected_once(old: SandboxServer, tmp_path: Path) -> None:
    ticket_id = one(old)
    run = written(old, tmp_path, "--reply", "--notes")
    comments = len(old.store.comments(ticket_id))
    plain = call(old, tmp_path, "undo", run)
    assert plain.out.splitlines()[0].startswith(f"{ticket_id}\tthe public reply stays (comment ")
    assert "the internal note stays" in plain.out

    (tmp_path / "sorry.md").write_text(SORRY)
    flags = ("--correct", str(tmp_path / "sorry.md"), "--correct-public", "--apply", "--yes", "--json")
    done = call(old, tmp_path, "undo", run, *flags)
    assert (done.code, done.json["written"]) == (0, 1)
    *_, last = old.store.comments(ticket_id)
    assert (len(old.store.comments(ticket_id)), last["public"]) == (comments + 1, True)
    assert "<strong>please ignore</strong>" in last["html_body"]
    assert "{\u2060{ticket.id}}" in last["html_body"]
    tags = old.store.tickets[ticket_id]["tags"]
    assert tags == sorted(["gupshup_noted__http_401", "gupshup_replied__http_401", TAG + run.partition("-")[2]])
    again = call(old, tmp_path, "undo", run, *flags)
    assert (again.code, again.json["written"], len(old.store.comments(ticket_id))) == (0, 0, comments + 1)
    # Taking the correction's run back leaves the correction, and its tag.
    call(old, tmp_path, "undo", done.json["run"], "--apply", "--yes")
    assert TAG + run.partition("-")[2] in old.store.tickets[ticket_id]["tags"]


def test_a_correction_whose_answer_was_lost_is_not_written_twice(old: SandboxServer, tmp_path: Path) -> None:
    ticket_id = one(old)
    run = written(old, tmp_path, "--notes")
    comments, lost = len(old.store.comments(ticket_id)), list[int]()

    async def lose(request: Request, response: Response) -> Response:
        if request.method == "PUT" and not lost:
            lost.append(1)
            return JSONResponse({"error": "bad gateway"}, 502)
        return response

    old.faults.after.append(lose)
    done = call(old, tmp_path, "undo", run, "--correct", SORRY, "--apply", "--yes", "--json")
    assert (done.code, done.json["written"], lost) == (0, 1, [1])
    assert len(old.store.comments(ticket_id)) == comments + 1
    (entry,) = ledger(tmp_path, old).entries(done.json["run"])
    assert [(w.kind, w.public, w.audit_id is not None) for w in entry.writes] == [("note", False, True)]


@pytest.mark.parametrize(("flags", "last"), [((), 2), (("--correct", SORRY), 3)], ids=["in bulk", "singly"])
def test_a_tag_that_is_set_in_the_second_of_the_read_stays(
    old: SandboxServer, tmp_path: Path, flags: tuple[str, ...], last: int
) -> None:
    ticket_id = one(old)
    run = written(old, tmp_path, *(["--notes"] if flags else []))
    agent, reads = old.store.user_by_email("ada@example.com")["id"], list[str]()

    def tag(name: str) -> None:
        # The last read before the update.
        if len(reads) == last:
            old.store.update_ticket(ticket_id, {"additional_tags": [name]}, agent)

    async def before(request: Request) -> Response | None:
        if request.url.path.endswith("show_many"):
            reads.append(request.url.path)
            tag("first")
        return None

    async def after(request: Request, response: Response) -> Response:
        if request.url.path.endswith("show_many"):
            tag("second")
        return response

    old.faults.before.append(before)
    old.faults.after.append(after)
    assert call(old, tmp_path, "undo", run, *flags, "--apply", "--yes", "--json").code == 0
    assert {"first", "second"} <= set(old.store.tickets[ticket_id]["tags"])


def test_rows_that_fail_are_done_singly(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 20)
    before = states(old.store)
    run = written(old, tmp_path)
    agent = old.store.user_by_email("ada@example.com")["id"]

    async def come_between(request: Request) -> Response | None:
        if request.url.path.endswith("update_many"):
            old.store.update_ticket(told[0], {"additional_tags": ["by_ada"]}, agent)
        return None

    old.faults.before.append(come_between)
    done = call(old, tmp_path, "undo", run, "--apply", "--yes", "--json")
    assert (done.code, done.json["written"], done.json["retried"]) == (0, len(told), 1)
    after = states(old.store)
    assert after[told[0]][0] == ("by_ada", "vip")
    assert all(after[t] == before[t] for t in before if t != told[0])


@pytest.mark.no_cover
@pytest.mark.parametrize("what", ["update_many", "job_"])
def test_killed_it_goes_on_where_it_was(old: SandboxServer, tmp_path: Path, what: str) -> None:
    told = fill(old.store, 120, errors=0.9)
    before = states(old.store)
    run = written(old, tmp_path)
    tagged, so_far = states(old.store), sum(what in r["path"] for r in old.requests)
    killed = ForkedCli(old, tmp_path).killed(lambda: asked_for(old, what, so_far + 1), "undo", run, "--apply", "--yes")
    assert killed.code == -signal.SIGKILL
    own = next(r.id for r in ledger(tmp_path, old).runs() if r.kind == "undo")
    ended = call(old, tmp_path, "undo", "--resume", own, "--yes", "--json")
    assert (ended.code, states(old.store)) == (0, before), ended.err
    assert [updates(old.store, t, own) for t in told] == [1] * len(told)
    assert call(old, tmp_path, "undo", own, "--apply", "--yes").code == 0
    assert states(old.store) == tagged


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("live",), 1, "whose writes cannot be undone"),
        (("no-such-run",), 1, "no such run"),
        ((), 2, "give the RUN to undo"),
        (("x", "--correct-public"), 2, "needs --correct"),
        (("--resume", "no-such-run"), 1, "not a run of undo"),
    ],
)
def test_what_cannot_be_undone_is_said(
    old: SandboxServer, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    ended = call(old, tmp_path, "undo", *words)
    assert (ended.code, says in ended.err) == (code, True)


# --- What an undoing leaves for the next look ----------------------------------------------------------------


def test_a_run_that_only_put_a_marker_back_leaves_it_there() -> None:
    marked = state(tags=("gupshup", "gupshup_noted__http_401", "gupshup_replied__http_401", "vip"))
    found = inverse(net([write(state(), marked)]), Ticket(id=7, tags=marked.tags))
    assert found.body == {"tags": ["gupshup_noted__http_401", "gupshup_replied__http_401", "vip"]}


def test_markers_of_another_ticket_do_not_come_back_to_its_copy() -> None:
    copied = state(tags=("gupshup_off", "gupshup_replied__1003", "gupshup_state__settled", "vip"))
    found = inverse(net([write(copied, state())]), Ticket(id=7, tags=("vip",)))
    assert found.body == {"tags": ["vip", "gupshup_off", "gupshup_state__settled"]}


@pytest.mark.parametrize("markers", ["stand", "taken away by hand"])
def test_after_an_undoing_nothing_is_answered_or_noted_again(old: SandboxServer, tmp_path: Path, markers: str) -> None:
    ticket_id = one(old, days=0.1)
    done = call(old, tmp_path, "process", str(ticket_id), "--apply", "--json")
    assert done.code == 0, done.err
    run = next(run.id for run in ledger(tmp_path, old).runs() if run.kind == "process")
    assert call(old, tmp_path, "undo", run, "--apply", "--yes", "--json").code == 0
    assert old.store.tickets[ticket_id]["tags"] == ["gupshup_noted__http_401", "gupshup_replied__http_401"]
    if markers != "stand":
        old.store.update_ticket(ticket_id, {"tags": []}, old.store.user_by_email("ada@example.com")["id"])
    comments = len(old.store.comments(ticket_id))
    assert call(old, tmp_path, "process", str(ticket_id), "--apply", "--json").code == 0
    tags = set(old.store.tickets[ticket_id]["tags"])
    assert (len(old.store.comments(ticket_id)), tags >= {"gupshup_noted__http_401", "gupshup_replied__http_401"}) == (
        comments,
        True,
    )
