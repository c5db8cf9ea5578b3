"""A code that a program wrote as an amount is one where its column or its field says so, and nowhere else."""

# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest

from support.html_forms import said
from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.detect.columns import as_code, names_codes
from zendesk_gupshup.dictionary import load

SUBJECT = "WhatsApp through Gupshup: messages failed"
WRITTEN = {
    "float": "131049.0",
    "two decimals": "131049.00",
    "exponent": "1.31049e5",
    "spreadsheet's exponent": "1.31049E+05",
    "comma": '"131,049"',
    "point": "131.049",
    "blank": "131 049",
    "no-break blank": "131\u00a0049",
    "apostrophe": "'131049",
    "formula": '="131049"',
    "quoted float": '"131049.0"',
    "padded": " 131049 ",
    "decimal comma": '"131049,0"',
    "two decimals behind a comma": '"131049,00"',
}
# fmt: off
TABLES = {
    "csv": "phone,status,error_code\n+52155x1,failed,{}\n+52155x2,delivered,\n+52155x3,failed,{}",
    "semicolons": "telefono;codigo de error;estado\n+52155x1;{};failed\n+52155x2;;delivered",
    "tabs": "phone\tstatus\tWhatsApp error code\n+52155x1\tfailed\t{}\n+52155x2\tdelivered\t",
    "markdown": "| phone | code | status |\n|---|---|---|\n| +52155x1 | {} | failed |",
    "label": "Channel: WhatsApp\nError code: {}\nPhone: +52155x1",
    "pairs": "status=failed error_code={} phone=+52155x1",
    "records": '[{{"phone":"+52155x1","status":"failed","error_code":{}}},{{"phone":"+52155x2","error_code":null}}]',
}
FLOATS = {
    "frame": "      phone     status  error_code\n0  +52155x1     failed    {}\n1  +52155x2  delivered         NaN",
    "counts": "error_code\n{}    12\n131026.0     3\nName: count, dtype: int64",
    "columns": '{{"phone":{{"0":"+52155x1"}},"error_code":{{"0":{},"1":null}}}}',
    "element": "<row><phone>+52155x1</phone><error_code>{}</error_code></row>",
    "element with a type": '<row>\n <r:errorCode t="double">\n  {}\n </r:errorCode>\n</row>',
    "list": '{{"status":"failed","error_codes":[131026.0, {}]}}',
}
# fmt: on


def codes(body: str) -> list[str]:
    return [str(finding.error) for finding in reported(detect_text(SUBJECT, body, load()))]


_IN_JSON = ("float", "two decimals", "exponent", "quoted float", "padded")
_IN_TABLES = [
    (table, written)
    for table in TABLES
    for written in WRITTEN
    if (table != "records" or written in _IN_JSON) and (table, written) != ("pairs", "formula")
]


@pytest.mark.parametrize(("table", "written"), _IN_TABLES)
def test_a_code_in_its_field_is_read_however_it_is_written(table: str, written: str) -> None:
    plain = detect_text(SUBJECT, TABLES[table].format("131049", "131049"), load())
    other = detect_text(SUBJECT, TABLES[table].format(*[WRITTEN[written]] * 2), load())
    # How sure the models are may differ by the form of a cell; what is reported does not.
    told = {str(finding.error) for finding in reported(plain)}
    assert "meta 131049" in told
    assert {str(finding.error) for finding in reported(other)} == told


@pytest.mark.parametrize("table", FLOATS)
def test_a_printed_table_of_floats_is_read(table: str) -> None:
    assert "meta 131049" in codes(FLOATS[table].format("131049.0"))


@pytest.mark.parametrize(
    "body",
    [
        "phone,amount,status\n+52155x1,1003.00,failed\n+52155x2,4001.0,failed",
        "phone,error_rate,status\n+52155x1,1003.0,failed\n+52155x2,4001.0,failed",
        "total errors: 1003.0\nfailed messages: 4001.0",
        '{"status":"failed","amount":1003.0,"price":4001.00,"balance":131049.0}',
        "The campaign cost 131049.0 pesos and 1003.00 more in fees, nothing failed.",
        "Order total 1,003.00 and promo code: 1003.0 for the next one.",
        "id,importe,codigo postal\n1,1003.00,1003.0\n2,4001.00,4001.0",
        "We measured a latency of 1.003 s and 401.0 ms on the WhatsApp line.",
        'phone,amount,status\n+52155x1,"131049,0",failed\n+52155x2,"4001,00",failed',
        "<row><amount>131049.0</amount><error_count>1003.0</error_count></row>",
        "Versions 131.049 and 4.003 of the app, WhatsApp 2.26.1003.0 on phones.",
    ],
)
def test_an_amount_is_no_code(body: str) -> None:
    assert [str(f.error) for f in detect_text("Campaign of November", body, load()).findings] == []


@pytest.mark.parametrize(
    ("code", "found"),
    [("401.0", "gupshup_http 401"), ("500.0", "gupshup_http 500")],
)
def test_a_column_of_http_statuses_says_the_same_with_decimals(code: str, found: str) -> None:
    table = "time,url,http_status\n10:00,https://api.gupshup.io/wa/api/v1/msg,{}\n10:01,https://api.gupshup.io/wa/api/v1/msg,"
    plain = detect_text("Gupshup calls fail", table.format(code.removesuffix(".0")), load())
    assert said(detect_text("Gupshup calls fail", table.format(code), load())) == said(plain)
    assert found in [str(finding.error) for finding in plain.findings]


def test_a_delivery_report_of_the_gateway_with_decimals_says_the_same() -> None:
    table = "externalId,eventType,errorCode,cause\n51-1,FAILED,{},BLOCKED_MASK\n51-2,DELIVERED,{},SUCCESS"
    plain = said(detect_text("", table.format("022", "000"), load()))
    assert said(detect_text("", table.format("22.0", "0.0"), load())) == plain


def test_a_failed_event_with_decimals_says_the_same() -> None:
    event = '{{"type":"message-event","payload":{{"type":"failed","payload":{{"code":{},"reason":"x"}}}}}}'
    assert said(detect_text("", event.format("1003.0"), load())) == said(detect_text("", event.format("1003"), load()))


@pytest.mark.parametrize("name", ["pandas.csv", "pandas.json"])
def test_the_files_of_the_field_report(shared: Path, name: str) -> None:
    text = (shared / "reports" / "inputs" / name).read_text("utf-8")
    assert [str(finding.error) for finding in reported(detect_text("", text, load()))] == ["meta 131049"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("131049.0", "131049"), ("401.00", "401"), ("1.31049e5", "131049"), ("1.003e+03", "1003"), ("1.3e5", "130000"),
        ("131,049", "131049"), ("1.003", "1003"), ("131.049,5", None), ("131049.5", None), ("1.31049e3", None),
        ("131049", None), ("131049,0", "131049"), ("1,000", "1000"), ("1,31049", None), ("-131049.0", None),
    ],
)  # fmt: skip
def test_whole_numbers_are_told_from_others(written: str, code: str | None) -> None:
    assert as_code(written) == code


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("error_code", True), ("codigo de error", True), ("http status", True), ("error", True), ("whatsapp_error", True),
        ("error_rate", False), ("errors", False), ("total errors", False), ("codigo postal", False), ("code count", False),
        ("price", False), ("status time", False), ("", False),
    ],
)  # fmt: skip
def test_the_names_of_columns_tell_codes_from_counts(name: str, is_one: bool) -> None:
    assert names_codes(name) == is_one
