"""Why nothing or less is written, why agents agreed or not, and why a ticket was given up."""

from __future__ import annotations

from .reason import ReasonName


class GuardName(ReasonName):
    """A reason to stay silent or to do less. The ledger, the metrics and the reports know guards by these ids."""

    AGENT_ANSWERED = "agent_answered"
    # `proof`: who says so where the tag is lost, one `Detail` or none.
    ALREADY_NOTED = "already_noted", "error", "proof"
    ALREADY_REPLIED = "already_replied", "error", "proof"
    CLIENT_WROTE = "client_wrote"
    CLOSED = "closed", "status"
    CODES_CHANGED = "codes_changed"
    CONVERSATION_UNREAD = "conversation_unread"
    DAILY_CAP = "daily_cap", "limit"
    FEEDBACK = "feedback"
    HOURLY_CAP = "hourly_cap"
    INCIDENT = "incident", "error"
    MACHINE = "machine", "who"
    MERGED = "merged"
    MESSAGING = "messaging"
    NOTHING_PROPOSED = "nothing_proposed"
    NOTES_CAP = "notes_cap", "limit", "what"
    NOTHING_LEFT = "nothing_left"
    NOTHING_NEW = "nothing_new"
    NOT_WAITING = "not_waiting"
    NO_CODE = "no_code"
    OBSERVE = "observe"
    OFF = "off", "tag", "where"
    ON_BEHALF = "on_behalf"
    # `what`: the brand or the form.
    OUTSIDE = "outside", "what"
    PRIVATE = "private"
    SOLVED = "solved"
    STALE = "stale", "error", "hours"
    TRANSCRIPT = "transcript"


class LanguageReason(ReasonName):
    """Why a ticket is answered in this language, where its sources name several."""

    CODE_WITHOUT_WORDS = "code_without_words", "language", "error"
    ORGANIZATION_OVER_WORDS = "organization_over_words", "language", "written"
    WORDS_OVER_LOCALE = "words_over_locale", "language", "locale"


class Notice(ReasonName):
    """What a text says of itself."""

    CUT = "text_is_cut"
    SHORTENED = "text_is_shortened"


class AgreementReason(ReasonName):
    """Why agents agreed with what we would have done, or did not."""

    ANSWERED_OTHERWISE = "answered_otherwise"
    ANSWER_SAYS_SO = "answer_says_so"
    CODE_REMOVED = "code_removed", "tag"
    DRAFT_REQUESTED = "draft_requested"
    # What an agent said in the Zendesk app.
    FEEDBACK_NO_ERROR = "feedback_no_error"
    FEEDBACK_RIGHT = "feedback_right"
    FEEDBACK_WRONG_CODE = "feedback_wrong_code"
    MOVED_OUT = "moved_out"
    MOVED_TO_GROUP = "moved_to_group"
    NOBODY_ACTED = "nobody_acted"
    OTHER_CODE = "other_code", "tag"
    SOLVED_OTHERWISE = "solved_otherwise"
    SOLVED_WITHOUT_ANSWER = "solved_without_an_answer"
    TAG_SET = "tag_set", "tag"
    TICKET_GONE = "ticket_gone"


class FailureKind(ReasonName):
    """Why a ticket was given up. The store knows the kinds by these ids."""

    ATTEMPTS = "tries"
    NOT_KEPT = "not_kept"
    REFUSED = "refused"
    UNREAD = "unread"
    WORKER_ENDED = "kills"
