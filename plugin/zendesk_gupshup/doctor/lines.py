"""The judgments of `doctor`: facts in, lines with a remedy out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from zendesk_gupshup.model.ticket import User
from zendesk_gupshup.provision.diff import Change
from zendesk_gupshup.provision.kinds import KINDS
from zendesk_gupshup.provision.scopes import NEEDS, missing
from zendesk_gupshup.text.plural import counted
from zendesk_gupshup.worker.queue_status import QueueStatus
from zendesk_gupshup.zendesk.config import ZendeskConfig

# `note` informs. A `warning` is a fault for some users, or will become one.
Status = Literal["ok", "note", "warning", "fault"]

TOKENS_END = date(2027, 4, 30)
SETUP = "run `zendesk-gupshup setup apply`"
_SLOW_QUEUE = 900.0


@dataclass(frozen=True)
class Line:
    name: str
    status: Status
    text: str
    remedy: str = ""
    # A fault of credentials, permissions or scopes: exit code 6.
    permission: bool = False


def exit_code(lines: Iterable[Line]) -> int:
    faults = [line for line in lines if line.status == "fault"]
    return (6 if any(line.permission for line in faults) else 1) if faults else 0


def credentials(access: ZendeskConfig, today: date) -> Iterator[Line]:
    """Which credentials are set. No value is shown."""
    if problem := access.problem():
        yield Line("credentials", "fault", problem.partition(":")[0], problem.partition(": ")[2] or problem, True)
    elif access.oauth_client_id and access.oauth_client_secret:
        yield Line("credentials", "ok", f"an OAuth client, with the scopes {access.oauth_scopes}")
    elif access.oauth_token:
        remedy = "set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, with which tokens are renewed"
        yield Line("credentials", "warning", "an OAuth token, which cannot be renewed when it expires", remedy)
    else:
        remedy = "create an OAuth client and set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET"
        over = today > TOKENS_END
        text = f"an API token of {access.email}: Zendesk {'ended' if over else 'ends'} these on {TOKENS_END}"
        yield Line("credentials", "fault" if over else "warning", text, remedy, over)


def secret(given: str | None, kept: str | None, *, open_to_others: bool, usable: str | None) -> Iterator[Line]:
    """The signing secret as `serve` reads it: from the environment, else from the file that `setup` wrote."""
    if usable:
        yield Line("signing secret", "fault", usable, f"unset ZENDESK_WEBHOOK_SECRET and {SETUP}")
    elif given:
        yield Line("signing secret", "ok", "set in the environment")
    elif kept:
        yield Line("signing secret", "ok", "in the state directory")
    else:
        remedy = f"{SETUP}, which fetches it, or set ZENDESK_WEBHOOK_SECRET"
        yield Line("signing secret", "fault", "missing: `serve` would refuse every webhook", remedy)
    if kept and open_to_others:
        remedy = "chmod 600 webhook-secret in the state directory"
        yield Line("signing secret", "fault", "its file can be read by others", remedy)


def clock(ahead: float | None, max_age: int) -> Line:
    """Our clock against Zendesk's: a webhook whose timestamp seems too old is refused."""
    if ahead is None:
        return Line("clock", "warning", "Zendesk's responses have no Date header")
    text = f"{abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} Zendesk's"
    if abs(ahead) <= 5:
        return Line("clock", "ok", "in sync with Zendesk's")
    remedy = "switch on time synchronisation (timedatectl set-ntp true)"
    if abs(ahead) < max_age / 2:
        return Line("clock", "warning", text, remedy)
    return Line("clock", "fault", f"{text}; webhooks are refused from {max_age} s on", remedy)


def user(me: User) -> Line:
    who = f"{me.name} (user {me.id}), {me.role}"
    if me.role == "admin":
        return Line("user", "ok", who)
    text = f"{who}: the sweep (incremental export), `setup` and `doctor` need an admin"
    remedy = "use an OAuth client of an admin, or run `serve --no-sweep` and `setup` as an admin"
    return Line("user", "fault", text, remedy, True)


def own_user(tickets: Sequence[int], checked: int) -> Line:
    """Whether somebody else writes as the worker's user: only our own updates carry our metadata."""
    if not tickets:
        return Line(
            "own user", "ok", f"nobody else writes as it, on the last {counted(checked, 'ticket')} with its comments"
        )
    some = ", ".join(map(str, tickets[:5])) + (", ..." if len(tickets) > 5 else "")
    text = f"public comments that the worker did not write, on {len(tickets)} of {counted(checked, 'ticket')}: {some}"
    remedy = "give people and other apps users of their own; the worker treats such comments as an agent's"
    return Line("own user", "warning", text, remedy)


def scopes(granted: Sequence[str] | None) -> Line:
    """Which commands the token's scopes suffice for. Without scopes, a credential has all permissions of its user."""
    if granted is None:
        return Line("scopes", "ok", "all permissions of the user")
    lacking = {command: missing(needed, granted) for command, (needed, _admin) in NEEDS.items()}
    lacking = {command: lack for command, lack in lacking.items() if lack}
    have = " ".join(sorted(granted)) or "none"
    if not lacking:
        return Line("scopes", "ok", f"{have}: enough for every command")
    # A worker that attaches no files needs less than `write`.
    works = not missing(("read", "tickets:write"), granted)
    shortfall = "; ".join(f"{command} lacks {' '.join(lack)}" for command, lack in lacking.items())
    remedy = "allow the OAuth client these scopes and set ZENDESK_OAUTH_SCOPES (`zendesk-gupshup setup scopes`)"
    return Line("scopes", "warning" if works else "fault", f"{have}: {shortfall}", remedy, not works)


def webhook(there: Mapping[str, Any] | None, endpoint: str | None) -> Iterator[Line]:
    if there is None:
        yield Line("webhook", "fault", "missing: every ticket waits for the sweep", SETUP)
        return
    if there.get("status") != "active":
        yield Line("webhook", "fault", f"is {there.get('status')}", SETUP)
    if endpoint and there.get("endpoint") != endpoint:
        text = f"points at {there.get('endpoint')} instead of {endpoint}"
        yield Line("webhook", "fault", text, SETUP)
    elif there.get("status") == "active":
        unchecked = "" if endpoint else "; set --address or [setup] endpoint to check the address"
        yield Line("webhook", "ok", f"active, points at {there.get('endpoint')}{unchecked}")


def signed(status: int, payload: str) -> Line:
    """What `serve` answered to Zendesk's test call. The body names no ticket, so 400 is the expected answer: the
    signature was accepted, and the body refused."""
    name = "test call"
    if status == 400 and "bad_body" in payload:
        return Line(name, "ok", "Zendesk reached `serve`, signed with our secret")
    if status == 401 and "stale" in payload:
        return Line(name, "fault", "`serve` refused the timestamp as too old", "set the clock of its machine")
    if status == 401:
        remedy = f"{SETUP} to fetch the secret; restart `serve` if it has the secret from the environment"
        return Line(name, "fault", "`serve` refused the signature: it has another secret", remedy)
    if status == 409:
        return Line(name, "fault", "`serve` cannot reach its queue", "see the database, below")
    remedy = "make the address lead to `serve`, path /webhooks/zendesk, not to another server"
    return Line(name, "fault", f"something other than `serve` answered: status {status}", remedy)


def deliveries(invocations: Sequence[Mapping[str, Any]]) -> Line:
    """The outcome of the latest calls, newest first. Zendesk keeps them for a week."""
    kinds = [str(one.get("status", "")).replace("_", " ").lower() for one in invocations]
    count = Counter(kinds)
    summary = ", ".join(f"{number} {kind}" for kind, number in count.most_common())
    name, remedy = "deliveries", "see Admin Center > Webhooks > Activity for the reason; the sweep finds what was lost"
    if not kinds:
        return Line(name, "note", "no call yet")
    if "circuit broken" in kinds[:5]:
        return Line(name, "fault", f"Zendesk paused the webhook because calls fail: {summary}", remedy)
    failed = sum(kind in ("terminated", "failed", "circuit broken") for kind in kinds)
    if failed == len(kinds) or (failed >= 5 and failed * 2 > len(kinds)):
        codes = Counter(str(one.get("status_code", "no answer")) for one in invocations).most_common(1)[0][0]
        return Line(name, "fault", f"the last calls failed ({codes}): {summary}", remedy)
    if count["throttled"]:
        text = f"Zendesk throttles calls beyond the limit of its plan: {summary}"
        return Line(name, "warning", text, "nothing is lost; fewer triggers or [setup] words reduce the calls")
    return Line(name, "ok", summary)


def objects(changes: Iterable[Change]) -> Iterator[Line]:
    """One line for each kind whose objects are in place, one for each object that differs."""
    changes = [change for change in changes if change.kind.kind != "webhook" or change.action == "copy"]
    for kind in KINDS:
        own = [change for change in changes if change.kind is kind]
        good = [change for change in own if change.action in ("same", "foreign") and not change.note]
        used = [c for c in own if c.action in ("same", "foreign") and c.note and (c.present or c.action == "same")]
        if good or used:
            more = f", {len(used)} with a remark (`setup plan`)" if used else ""
            yield Line(kind.plural.replace("_", " "), "ok", f"{len(good) + len(used)} in place{more}")
        lacking = [change.key for change in own if change.action == "create"]
        if lacking:
            yield Line(kind.plural.replace("_", " "), "fault", f"missing: {', '.join(lacking)}", SETUP)
        for change in own:
            if change.action == "update":
                what = "; ".join(f"{d.field}: {d.now[:80] or 'nothing'}" for d in change.differences[:4])
                yield Line(change.key, "fault", f"was changed: {what}", f"{SETUP}, or put the change into [setup]")
            elif change.action == "delete":
                yield Line(change.key, "warning", "exists and is no longer wanted", SETUP)
            elif change.action == "copy":
                yield Line(change.key, "warning", f"{change.id} is {change.note}", "do so in Admin Center")
            elif change.action == "foreign" and change.present is None:
                yield Line(change.key, "fault", change.note, "correct [fields] in the settings")


def notification(triggers: Iterable[Mapping[str, Any]]) -> Line:
    """Whether public comments reach the requester by e-mail. A new account has a trigger for that."""
    name = "notification"
    mailing = [trigger for trigger in triggers if _mails_comments(trigger)]
    active = next((trigger for trigger in mailing if trigger.get("active")), None)
    if active:
        return Line(name, "ok", f'"{active.get("title")}" sends our replies to the requester')
    if mailing:
        text = f'"{mailing[0].get("title")}" is switched off: our replies are not e-mailed to anybody'
        return Line(name, "fault", text, "activate it in Admin Center > Objects and rules > Triggers")
    text = "no trigger sends public comments to the requester: our replies are not e-mailed to anybody"
    remedy = 'create one like "Notify requester and CCs of comment update" in a new account'
    return Line(name, "fault", text, remedy)


def _mails_comments(trigger: Mapping[str, Any]) -> bool:
    every = (trigger.get("conditions") or {}).get("all") or ()
    held = {str(row.get("field")): str(row.get("value")).lower() for row in every}
    public = held.get("comment_is_public") in ("true", "requester_can_see_comment")
    mails = any(
        action.get("field") == "notification_user"
        and isinstance(action.get("value"), list)
        and action["value"][:1] in (["requester_id"], ["requester_and_ccs"])
        for action in trigger.get("actions") or ()
    )
    return mails and public and held.get("update_type", "change") == "change"


def conversations(error: str | None, *, tried: bool) -> Line:
    """Whether the conversations of messaging tickets can be read."""
    name = "messaging"
    if error is not None:
        text = f"conversations cannot be read: {error}"
        remedy = (
            "give the token the scope `read` and the user access to such tickets; until then only comments are read"
        )
        return Line(name, "warning", text, remedy)
    if not tried:
        return Line(name, "note", "not checked: no ticket of a messaging channel among the newest 100")
    return Line(name, "ok", "the conversation of the newest messaging ticket can be read")


def database(revision: str | None, ours: str) -> Line:
    """Its schema compared with this program's. Revisions are numbers; the larger one is newer."""
    if revision is None or revision == ours:
        return Line("database", "ok", "reachable" if revision else "reachable, and empty; `serve` creates the tables")
    if revision > ours:
        text = f"is at revision {revision}, and this program knows only {ours}: it will not start"
        return Line("database", "fault", text, "upgrade this program to the version of the other workers")
    text = f"is at revision {revision}, and this program migrates it to {ours}"
    return Line("database", "warning", text, "stop the workers of the older version, then start `serve` of this one")


def queue(status: QueueStatus | None) -> Line:
    if status is None:
        return Line("queue", "note", "empty: no worker has run yet")
    text = f"{status.tickets} waiting, the oldest for {status.oldest_seconds:.0f} s"
    if status.tickets and status.oldest_seconds > _SLOW_QUEUE:
        return Line("queue", "fault", text, "start `serve`, or see /readyz and its log for the reason")
    return Line("queue", "ok", text if status.tickets else "empty")
