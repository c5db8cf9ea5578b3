"""Collects the facts for `lines` from settings, Zendesk and database. A failed check does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.attachments.formats.pictures import can_read_pictures
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.decide.prior_writes import by_hand
from zendesk_gupshup.ops import file_descriptors
from zendesk_gupshup.provision.apply import describe, read, signing_secret
from zendesk_gupshup.provision.diff import compare, owned
from zendesk_gupshup.provision.objects import WEBHOOK, SetupError
from zendesk_gupshup.provision.secret import kept_secret, open_to_others
from zendesk_gupshup.render.catalogue import TemplateError, Templates
from zendesk_gupshup.settings import Settings, SettingsError
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.engine import BadDatabaseUrl, open_engine
from zendesk_gupshup.storage.store_fault import store_fault
from zendesk_gupshup.text.plural import counted
from zendesk_gupshup.worker.queue_status import queue_status
from zendesk_gupshup.worker.webhook import signing_secrets
from zendesk_gupshup.zendesk.conversation_log import is_messaging_ticket
from zendesk_gupshup.zendesk.errors import NotFound, Unauthorized, ZendeskError
from zendesk_gupshup.zendesk.payloads import records

from . import lines
from .account_lists import account_lists
from .alerting import alerts
from .lines import Line
from .zendesk_app import zendesk_app

if TYPE_CHECKING:
    from zendesk_gupshup.pipeline import Brain
    from zendesk_gupshup.zendesk.client import Zendesk

# Tickets to read for comments that a person wrote as the worker's user.
_OWN_TICKETS = 10
# No ticket has this id: a correctly signed call is refused for its body, and nothing is queued.
_TEST_PAYLOAD = '{"ticket_id": "0"}'


def examine(
    settings: Settings, *, where: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Line]:
    """Every line, in the order in which an admin would fix the faults. Nothing is written, here or in Zendesk."""
    yield Line("settings", "ok", where)
    yield from lines.credentials(settings.zendesk, now().date())
    ours, secret_lines = _our_secret(settings)
    yield from secret_lines
    brain, text_lines = _brain(settings)
    yield from text_lines
    reads = "are read" if can_read_pictures() else "are not read; install the extra `ocr` to read them"
    yield Line("pictures", "note", f"screenshots {reads}")
    if few := file_descriptors.too_few(file_descriptors.allowed(), settings.worker.concurrency):
        text, _, remedy = few.partition(": ")
        yield Line("descriptors", "warning", text, remedy)
    yield from alerts(settings.alerts)
    yield from _database(settings)
    if settings.zendesk.problem() is None:
        from zendesk_gupshup.zendesk.client import Zendesk

        with Zendesk(settings.zendesk) as zendesk:
            yield from _account(zendesk, settings, brain, ours, now)


def _our_secret(settings: Settings) -> tuple[tuple[str, ...], list[Line]]:
    given = settings.worker.webhook_secret
    text = given.get_secret_value() if given else None
    try:
        kept = kept_secret(settings.worker.state)
        ours = signing_secrets(text or kept)
        wrong = None
    except (ValueError, OSError) as error:
        kept, ours, wrong = None, (), str(error).partition(";")[0]
    loose = open_to_others(settings.worker.state)
    return ours, list(lines.secret(text, kept, open_to_others=loose, usable=wrong))


def _brain(settings: Settings) -> tuple[Brain | None, list[Line]]:
    """Dictionary, texts and policy, loaded as `serve` loads them: a mistake there would stop it from starting."""
    try:
        brain = load_brain(settings)
    except SettingsError as error:
        try:
            problems = Templates.read(settings.folders.templates).lint()
        except TemplateError as broken:
            problems = broken.problems
        if problems:
            remedy = "`zendesk-gupshup templates lint` lists all mistakes"
            return None, [Line("templates", "fault", str(problem), remedy) for problem in problems[:5]]
        return None, [Line("settings", "fault", str(error), "correct the setting that the line names")]
    count = len(brain.templates.sources)
    return brain, [Line("templates", "ok", f"{counted(count, 'file')}, in {', '.join(brain.dictionary.languages)}")]


def _database(settings: Settings) -> Iterator[Line]:
    url = settings.worker.database_url
    file = settings.worker.state / "zendesk-gupshup.sqlite"
    if url is None and not file.exists():
        # Opening it would create it. A missing database is no fault.
        yield Line("database", "note", f"none yet; `serve` creates {file}")
        return
    try:
        engine = open_engine(url.get_secret_value() if url else None, settings.worker.state)
        try:
            queue = queue_status(engine)
            with engine.connect() as connection:
                revision = schema.version(connection)
        finally:
            engine.dispose()
    except (BadDatabaseUrl, SQLAlchemyError, OSError, ImportError) as error:
        if fault := store_fault(error, settings.worker.state, remote=url is not None):
            yield Line("database", "fault", fault.text, fault.remedy)
            return
        # The driver's message can hold the URL with its password.
        remedy = "check DATABASE_URL, and that the database runs and is reachable from this machine"
        yield Line("database", "fault", f"cannot be reached ({type(error).__name__})", remedy)
        return
    yield lines.database(revision, schema.HEAD)
    yield lines.queue(queue)


def _account(
    zendesk: Zendesk, settings: Settings, brain: Brain | None, ours: tuple[str, ...], now: Callable[[], datetime]
) -> Iterator[Line]:
    origin = settings.zendesk.origin
    try:
        tickets = zendesk.check()
        me = zendesk.me()
    except Unauthorized as error:
        remedy = "check the OAuth client, its secret, its scopes and its user"
        yield Line("zendesk", "fault", str(error), remedy, permission=True)
        return
    except ZendeskError as error:
        remedy = f"check ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL ({origin}), the network and the proxy"
        yield Line("zendesk", "fault", str(error), remedy)
        return
    yield Line("zendesk", "ok", f"{origin}, {counted(tickets, 'ticket')}")
    zendesk_time = zendesk.time()
    yield lines.clock(None if zendesk_time is None else zendesk_time - now().timestamp(), settings.worker.max_age)
    yield lines.user(me)
    yield lines.scopes(_scopes(zendesk, settings))
    yield from account_lists(zendesk, settings)
    yield _conversations(zendesk)
    yield from _own_user(zendesk, me.id)
    yield from _app(zendesk, settings)
    try:
        present = read(zendesk)
    except ZendeskError as error:
        remedy = "run this as an admin with the scope `read`"
        yield Line("objects", "fault", str(error), remedy, permission=isinstance(error, Unauthorized))
        return
    hook = owned(present)[0].get(WEBHOOK)
    yield from lines.webhook(hook, settings.setup.endpoint)
    if hook is not None:
        yield from _webhook_calls(zendesk, hook, ours)
    if brain is not None:
        yield from _objects(zendesk, settings, brain, present, hook)
    yield lines.notification(present["trigger"])


def _app(zendesk: Zendesk, settings: Settings) -> Iterator[Line]:
    try:
        yield from zendesk_app(zendesk, settings)
    except (BadDatabaseUrl, SQLAlchemyError, OSError, ImportError):
        yield Line("app", "note", "not checked: the database cannot be read")


def _conversations(zendesk: Zendesk) -> Line:
    """Whether the conversation of the newest messaging ticket can be read, if there is such a ticket."""
    try:
        newest = records(zendesk.get("tickets.json", **{"page[size]": 100, "sort": "-id"}), "tickets")
        ticket = next((raw for raw in newest if is_messaging_ticket(raw)), None)
        if ticket is None:
            return lines.conversations(None, tried=False)
        zendesk.get(f"tickets/{ticket['id']}/conversation_log.json", **{"page[size]": 1})
    except ZendeskError as error:
        return lines.conversations(str(error), tried=True)
    return lines.conversations(None, tried=True)


def _own_user(zendesk: Zendesk, our_user_id: int) -> Iterator[Line]:
    """Comments that a person wrote as our user, on the newest tickets with comments of it: a request per ticket.

    https://support.zendesk.com/hc/en-us/articles/4408886879258 has the search term.
    """
    query = f"type:ticket commenter:{our_user_id} order_by:updated_at sort:desc"
    try:
        found = zendesk.get("search.json", query=query, per_page=_OWN_TICKETS).get("results")
        ids = [int(one["id"]) for one in found or () if isinstance(one, dict) and "id" in one][:_OWN_TICKETS]
        tickets = [zendesk.ticket(ticket_id) for ticket_id in ids]
    except ZendeskError as error:
        yield Line("own user", "note", f"not checked: {error}")
        return
    strange = [t.id for t in tickets if any(c.public and by_hand(c, t) for c in t.comments[1:])]
    yield lines.own_user(strange, len(tickets))


def _scopes(zendesk: Zendesk, settings: Settings) -> tuple[str, ...] | None:
    """The scopes of the token as Zendesk reports them; where it does not, those in the settings."""
    access = settings.zendesk
    if not (access.oauth_client_id or access.oauth_token):
        return None
    try:
        found = zendesk.get("oauth/tokens/current.json").get("token")
    except (NotFound, Unauthorized):
        found = None
    reported = found.get("scopes") if isinstance(found, dict) else None
    return tuple(map(str, reported)) if isinstance(reported, list) else tuple(access.oauth_scopes.split())


def _webhook_calls(zendesk: Zendesk, hook: Mapping[str, Any], ours: tuple[str, ...]) -> Iterator[Line]:
    """The signing secret, a test call, and the latest calls."""
    try:
        same = signing_secret(zendesk, str(hook["id"])) in ours
        if ours and not same:
            text = "differs from the one that Zendesk signs with: every webhook is refused"
            remedy = f"{lines.SETUP} to fetch it; if ZENDESK_WEBHOOK_SECRET is set, unset it or set the right one"
            yield Line("signing secret", "fault", text, remedy)
        yield _test_call(zendesk, hook)
        listed = zendesk.get(f"webhooks/{hook['id']}/invocations", **{"page[size]": 100}).get("invocations")
        yield lines.deliveries([one for one in listed or () if isinstance(one, dict)])
    except (ZendeskError, SetupError) as error:
        permission = isinstance(error, Unauthorized)
        yield Line("webhook", "fault", str(error), "run this as an admin with the scope `read`", permission)


def _test_call(zendesk: Zendesk, hook: Mapping[str, Any]) -> Line:
    try:
        answer = zendesk.write(
            "POST", "webhooks/test", {"request": {"payload": _TEST_PAYLOAD}}, webhook_id=str(hook["id"])
        ).get("response")
    except Unauthorized as error:
        remedy = "run doctor with the scope webhooks:write, or send a ticket and see whether `serve` logs it"
        return Line("test call", "warning", f"not made: {error}", remedy)
    except ZendeskError:
        remedy = f"start `serve`, and make {hook.get('endpoint')} reach it from the internet"
        return Line("test call", "fault", f"Zendesk cannot reach {hook.get('endpoint')}", remedy)
    answer = answer if isinstance(answer, dict) else {}
    return lines.signed(int(answer.get("status_code") or 0), str(answer.get("payload") or ""))


def _objects(
    zendesk: Zendesk, settings: Settings, brain: Brain, present: Any, hook: Mapping[str, Any] | None
) -> Iterator[Line]:
    """Without an endpoint in the settings, the webhook's own endpoint counts as right."""
    setup = settings.setup
    if setup.endpoint is None:
        setup = setup.model_copy(update={"endpoint": hook.get("endpoint") if hook else "https://example.com/"})
    try:
        changes = compare(describe(zendesk, setup, brain), present, brain.policy.fields)
    except (SetupError, ZendeskError) as error:
        yield Line("setup", "fault", str(error), "correct [setup] in the settings")
        return
    yield from lines.objects(changes)
