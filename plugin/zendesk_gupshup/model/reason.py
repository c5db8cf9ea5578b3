"""Why something was found, doubted, dismissed, left unread or kept back: values that programs compare.

A reason is the name of a member and the values that its wording takes; the wording is `render/reasons.<language>.toml`.
No branch asks how a sentence begins: it asks for the name.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeAlias

from pydantic import SerializationInfo, SerializerFunctionWrapHandler, model_serializer


class ReasonName(StrEnum):
    """A member is its stable id, followed by the names of the values that it takes."""

    parameters: tuple[str, ...]

    def __new__(cls, value: str, *parameters: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.parameters = parameters
        return member

    def __call__(self, **values: ReasonValue) -> Reason:
        """`UnreadReason.WORKBOOK_ROWS(count=3)`."""
        return Reason(self, values)  # type: ignore[arg-type]  # every family with members is one of the union


class Rule(ReasonName):
    """What in a text led to a finding."""

    NUMBER = "number"
    NUMBER_AFTER = "number_after", "word"
    NUMBER_ALONE = "number_alone"
    NUMBER_AS_META_WRITES = "number_as_meta_writes"
    NUMBER_SEEN = "number_seen"
    WORDING = "wording"
    SYMPTOM = "symptom"
    REFUSED_KEY = "refused_key"
    FAILED_EVENT = "failed_event"
    CODE_AND_REASON = "code_and_reason"
    DELIVERY_REPORT = "delivery_report"
    GATEWAY_ANSWER = "gateway_answer"
    MESSAGE_STATUS = "message_status"
    ACCOUNT_EVENT = "account_event"
    GRAPH_ERROR = "graph_error"
    API_ANSWER = "api_answer"
    META_ERROR_IN_API_ANSWER = "meta_error_in_api_answer"
    LOG_LINE = "log_line"


class Doubt(ReasonName):
    """What speaks against a finding."""

    COMMON_NUMBER = "common_number"
    EXAMPLE = "perhaps_an_example"
    FITS_LESS = "fits_less", "error"
    FROM_PICTURE = "from_picture"
    GUPSHUP_NOT_NAMED = "gupshup_not_named"
    IN_GENERAL = "perhaps_in_general"
    MERGED_BY = "merged_by", "who"
    NOT_CALLED_CODE = "not_called_a_code"
    NOT_CALLED_STATUS = "not_called_a_status"
    ON_BEHALF_BY = "on_behalf_by", "who"
    OTHER_SYSTEM_NAMED = "other_system_named"
    OTHER_SYSTEMS_NAMED = "other_systems_named"
    PART_OF_QUESTION = "part_of_a_question"
    SEVERAL_CODES = "several_codes"
    STATUS_NOT_IN_TEXT = "status_not_in_text"
    TICKET_ALSO_SAYS = "ticket_also_says", "quote"
    TRANSCRIPT = "in_a_transcript"
    WHATSAPP_NOT_NAMED = "whatsapp_not_named"


class DismissalReason(ReasonName):
    """Why something that looks like a code reports none."""

    # The number is another thing.
    ADDRESS_PART = "part_of_an_address"
    AMOUNT = "amount", "number", "unit"
    CARD_NUMBER = "card_number"
    KEY_VALUE = "value_of_a_key", "key"
    MASKED_NUMBER = "masked_number"
    NAME_PART = "part_of_a_name"
    NUMBER_ENDING = "end_of_a_number"
    NUMBER_OF = "number_of_something_else", "word"
    NUMBER_RANGE = "number_of_a_range"
    NUMBER_ROW = "row_of_numbers"
    OTHER_KIND_OF_CODE = "other_kind_of_code"
    PORT = "port"
    PRICE = "price"
    QUANTITY = "quantity"
    SOURCE_LINE = "line_of_source"
    # The code is another system's, a success, or none of the dictionary.
    ANSWER_OF_OTHER_SYSTEM = "answer_of_another_system"
    ANSWER_WITHOUT_SENDER = "answer_without_a_sender"
    COMMON_NUMBER_WITHOUT_WHATSAPP = "common_number_without_whatsapp"
    GUPSHUP_NOT_BESIDE = "gupshup_not_named_beside_it"
    GUPSHUP_NOT_IN_TICKET = "gupshup_not_named_in_the_ticket"
    META_API_STATUS = "status_of_metas_api"
    META_STATUS = "status_of_meta"
    NOT_IN_DICTIONARY = "not_in_the_dictionary"
    OTHER_SYSTEM = "error_of_another_system"
    OTHER_SYSTEM_AS_WHATSAPP_WORKS = "error_of_another_system_as_whatsapp_works", "quote"
    STATUS_WITHOUT_GUPSHUP = "status_without_gupshup"
    SUCCESS = "success_code"
    TEXT_OF_OTHER_SYSTEM = "text_of_another_systems_code"
    WHATSAPP_NOT_IN_TICKET = "whatsapp_not_named_in_the_ticket"
    # It is on a list, in a program, or on paper.
    ANSWER_OF_LIST = "answer_of_a_list"
    CHANGE = "change", "quote"
    CHECKLIST_ITEM = "item_of_a_checklist"
    CODE_OF_LIST = "code_of_a_list"
    DOCUMENT = "about_a_document", "quote"
    HANDLED_BY_PROGRAM = "handled_by_a_program", "quote"
    MADE_BY_PROGRAM = "made_by_a_program", "quote"
    PROCEDURE = "part_of_a_procedure", "quote"
    PROGRAM_LINE = "line_of_a_program"
    PROGRAM_RULE = "rule_of_a_program"
    PROGRAM_TASK = "task_of_a_program"
    SEARCH = "search"
    SETTINGS_LINE = "line_of_settings"
    TABLE_ROW = "row_of_a_reference_table"
    TITLE_OF_LIST = "title_of_a_list"
    UNDER_HEADING = "under_a_heading", "quote"
    # It is asked, imagined, explained, planned or over.
    ALL_IS_WELL = "all_is_well", "quote"
    ASKED = "only_asked", "quote"
    ASKED_CHARGES = "question_about_charges"
    ASKED_COUNT = "question_of_how_many"
    ASKED_MEANING = "question_about_the_meaning"
    ASKED_OR_PLANNED = "only_asked_or_planned", "quote"
    COMPARED = "only_compared", "quote"
    CONDITION = "only_a_condition", "quote"
    EXAMPLE = "example"
    EXAMPLE_RESULT = "result_of_an_example", "quote"
    EXPLAINED = "explained"
    GENERAL_RULE = "told_as_a_rule", "quote"
    IMAGINED = "only_imagined", "quote"
    IMAGINED_IN_QUESTION = "only_imagined_in_a_question"
    INSTRUCTION = "instruction"
    NEGATED = "negated"
    NOT_HAPPENED = "not_happened"
    PLANNED = "planned", "quote"
    QUESTION = "question"
    SAID_IN_TEXT = "said_in_the_text", "quote"
    SAME_AS_TEXT = "same_as_the_text", "why"
    SHALL_NOT_HAPPEN = "shall_not_happen"
    SHOULD_ANSWER = "what_a_server_should_answer", "quote"
    SOLVED = "told_as_solved", "quote"
    TEST = "test", "quote"
    WISH = "wish", "quote"


class UnreadReason(ReasonName):
    """Why a file, a part of it, or something beside the ticket was not read."""

    # `why` is one reason or several.
    IN = "unread_in", "name", "why"
    # Reading failed, or was not tried.
    BROKEN = "broken"
    MALWARE = "malware"
    NOT_FETCHED = "not_fetched"
    NOT_FETCHED_STATUS = "not_fetched_status", "status"
    NO_TIME_LEFT = "no_time_left"
    READER_BUSY = "reader_busy"
    READER_ENDED = "reader_ended"
    READER_NOT_READY = "reader_not_ready"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large", "kilobytes"
    TOO_MANY_FILES = "too_many_files", "count"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    # Kinds of files.
    ARCHIVE = "archive", "format"
    DATABASE = "database"
    DATA_FILE = "data_file", "format"
    EXECUTABLE = "executable"
    MEDIA = "sound_or_film"
    NETWORK_CAPTURE = "network_capture"
    NOT_TEXT = "not_text"
    PGP_FILE = "pgp_file"
    WINMAIL = "winmail"
    # A text.
    END_CUT = "end_cut", "count"
    MIDDLE_CUT = "middle_cut", "count"
    MIDDLE_CUT_OF = "middle_cut_of", "count", "total"
    NO_TEXT = "no_text"
    START_ONLY = "start_only", "kilobytes"
    # Pictures.
    PICTURE = "picture"
    PICTURES_INSIDE = "pictures_inside"
    PICTURES_OFF = "pictures_off"
    PICTURE_BROKEN = "picture_broken"
    PICTURE_FORMAT = "picture_format", "format"
    PICTURE_NEEDS_EXTRA = "picture_needs_extra"
    PICTURE_PIXELS = "picture_pixels"
    PICTURE_SIZE = "picture_size", "width", "height"
    PICTURE_UPPER_PART = "picture_upper_part", "count", "total"
    PICTURE_WITHOUT_TEXT = "picture_without_text"
    # PDF.
    PDF_BROKEN = "pdf_broken"
    PDF_FILES = "pdf_files"
    PDF_LOCKED = "pdf_locked"
    PDF_NOTES = "pdf_notes", "count"
    PDF_PAGES = "pdf_pages", "count", "total"
    PDF_PAGE_BROKEN = "pdf_page_broken", "page"
    PDF_PAGE_NOTES = "pdf_page_notes", "page"
    PDF_PICTURE_PAGES = "pdf_picture_pages", "count", "total"
    PDF_WITHOUT_TEXT = "pdf_without_text"
    PDF_XFA = "pdf_xfa"
    # Office and spreadsheets.
    OFFICE_BROKEN = "office_broken"
    OFFICE_FORMAT = "office_format", "format"
    OFFICE_LOCKED = "office_locked"
    OFFICE_OLD = "office_old"
    POWERPOINT_OLD = "powerpoint_old"
    VISIO = "visio"
    WORD_OLD = "word_old"
    SHEET_BROKEN = "sheet_broken", "sheet"
    SHEET_HIDDEN = "sheet_hidden", "sheet"
    SHEET_ROWS = "sheet_rows", "sheet", "count"
    WORKBOOK_BROKEN = "workbook_broken"
    WORKBOOK_EMPTY = "workbook_empty"
    WORKBOOK_LOCKED = "workbook_locked"
    WORKBOOK_NOTES = "workbook_notes"
    WORKBOOK_ROWS = "workbook_rows", "count"
    WORKBOOK_SHEETS = "workbook_sheets", "count"
    WORKBOOK_TEXTS = "workbook_texts"
    WORKBOOK_UNFOLDED = "workbook_unfolded", "megabytes"
    # Mails.
    MAIL_ELSEWHERE = "mail_elsewhere"
    MAIL_PARTS = "mail_parts", "count"
    MAIL_PGP = "mail_pgp"
    MAIL_RTF = "mail_rtf"
    MAIL_SIGNATURE = "mail_signature"
    MAIL_SMIME = "mail_smime"
    MAIL_SMIME_FORM = "mail_smime_form"
    # Beside the ticket.
    CONVERSATION_LONG = "conversation_long", "pages"
    CONVERSATION_REFUSED = "conversation_refused", "status"
    GROUPS_REFUSED = "groups_refused", "status"
    OWNERS_REFUSED = "owners_refused", "status"


class GuardName(ReasonName):
    """A reason to stay silent or to do less. The ledger, the metrics and the reports know guards by these ids."""

    AGENT_ANSWERED = "agent_answered"
    # `proof`: who says so where the tag is lost, one `Detail` or none.
    ALREADY_NOTED = "already_noted", "error", "proof"
    ALREADY_REPLIED = "already_replied", "error", "proof"
    CLOSED = "closed", "status"
    CONVERSATION_UNREAD = "conversation_unread"
    DAILY_CAP = "daily_cap", "limit"
    HOURLY_CAP = "hourly_cap"
    MACHINE = "machine", "who"
    MERGED = "merged"
    MESSAGING = "messaging"
    NOTES_CAP = "notes_cap", "limit", "what"
    NOTHING_LEFT = "nothing_left"
    NOTHING_NEW = "nothing_new"
    NO_CODE = "no_code"
    OBSERVE = "observe"
    OFF = "off", "tag", "where"
    ON_BEHALF = "on_behalf"
    PRIVATE = "private"
    SOLVED = "solved"
    STALE = "stale", "error", "hours"
    TRANSCRIPT = "transcript"


class AgreementReason(ReasonName):
    """Why agents agreed with what we would have done, or did not."""

    ANSWERED_OTHERWISE = "answered_otherwise"
    ANSWER_SAYS_SO = "answer_says_so"
    CODE_REMOVED = "code_removed", "tag"
    DRAFT_REQUESTED = "draft_requested"
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


class Detail(ReasonName):
    """What fills a parameter of another reason."""

    AGENT = "an_agent"
    COMMENT = "comment_by_id", "comment"
    FILE_IN_MAIL = "file_in_the_mail"
    FILE_WITHOUT_NAME = "file_without_a_name"
    MAIL_IN_MAIL = "mail_in_the_mail"
    MAIL_PART = "part_of_a_mail", "type"
    MACHINE_ADDRESS = "machine_address"
    MACHINE_OUR_USER = "machine_our_user"
    MACHINE_SUBJECT = "machine_subject"
    NOTES = "our_notes"
    ORGANIZATION = "the_organization"
    PROVED_BY_COMMENT = "proved_by_comment", "tag"
    PROVED_BY_STORE = "proved_by_store", "tag"
    REQUESTED_DRAFTS = "requested_drafts"
    REQUESTER = "the_requester"
    SUBJECT = "the_subject"
    TICKET = "the_ticket"


REASON_NAMES: tuple[type[ReasonName], ...] = (
    Rule,
    Doubt,
    DismissalReason,
    UnreadReason,
    GuardName,
    AgreementReason,
    FailureKind,
    Detail,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A name and its values: words of the ticket, numbers, or reasons in turn. Values are shown as text, never run.

    Raises `ValueError` where the values are not those of the name.
    """

    name: Rule | Doubt | DismissalReason | UnreadReason | GuardName | AgreementReason | FailureKind | Detail
    values: Mapping[str, ReasonValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.keys() != set(self.name.parameters):
            raise ValueError(f"{self.name!r} takes {self.name.parameters}, not {tuple(self.values)}")

    def __hash__(self) -> int:
        return hash((self.name, *self.values.items()))

    @model_serializer(mode="wrap")
    def _serialized(self, fields: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        """Words, where whoever serialises has a `wording` in the context; else name and values."""
        wording = info.context.get("wording") if info.context else None
        return wording(self) if wording else fields(self)


def is_any(reason: Reason | None, names: Container[ReasonName]) -> bool:
    return reason is not None and reason.name in names


ReasonValue: TypeAlias = "str | int | Reason | tuple[Reason, ...]"
