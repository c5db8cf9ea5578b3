"""Why a file, a part of it, or something beside the ticket was not read."""

from __future__ import annotations

from .reason import ReasonName


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


# The file was read, or is of a kind that holds no words: another copy of it would help nobody.
HOLDS_NO_WORDS = frozenset(
    {
        UnreadReason.DATABASE,
        UnreadReason.EXECUTABLE,
        UnreadReason.MEDIA,
        UnreadReason.NOT_TEXT,
        UnreadReason.NO_TEXT,
        UnreadReason.PICTURE_WITHOUT_TEXT,
        UnreadReason.WORKBOOK_EMPTY,
    }
)
