"""Recorded payloads: an error gives its code, whatever was done to the paste, and news of success gives none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from zendesk_gupshup.detect import detect_text, is_error, reported
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence

# What each recording reports; a dash for trouble without a code. Files that are not named here report nothing.
REPORTS = {
    "gupshup_enterprise_dlr_batch_000_and_003_sms.json": "gupshup_enterprise 003",
    "gupshup_enterprise_dlr_get_query_dnd_fail.txt": "gupshup_enterprise 006",
    "gupshup_enterprise_gateway_error_102.json": "gupshup_enterprise 102",
    "gupshup_http_400_invalid_app_details.json": "gupshup_http 400",
    "gupshup_http_400_invalid_destination.json": "gupshup_http 400",
    "gupshup_http_401_authentication_failed.json": "gupshup_http 401",
    "gupshup_http_401_portal_user_not_found.txt": "gupshup_http 401",
    "gupshup_http_401_unauthorised_access.json": "gupshup_http 401",
    "gupshup_http_403_authentication_failed_ip_allowlist.json": "gupshup_http 403",
    "gupshup_http_403_not_app_owner.json": "gupshup_http 403",
    "gupshup_http_429_too_many_requests.json": "gupshup_http 429",
    "gupshup_http_500_internal.json": "gupshup_http 500",
    "gupshup_http_request_bot_not_found.json": "-",
    "gupshup_http_source_xss.json": "-",
    "gupshup_http_user_not_opted_in.json": "-",
    "gupshup_v2_account_event_disable.json": "-",
    "gupshup_v2_account_event_pndn_rejected.json": "-",
    "gupshup_v2_account_event_restricted.json": "-",
    "gupshup_v2_account_event_violation.json": "-",
    "gupshup_v2_failed_131026_public_unit_test_fragment.json": "meta 131026",
    "gupshup_v2_message_event_failed_1005_real.json": "gupshup 1005",
    "gupshup_v2_message_event_failed_async_470.json": "meta_onprem 470",
    "gupshup_v2_message_event_failed_sync_1008.json": "gupshup 1008",
    "gupshup_v2_template_event_paused.json": "-",
    "gupshup_v2_template_event_rejected.json": "-",
    "gupshup_v3_status_failed_131047.json": "meta 131047",
    "gupshup_v3_template_status_rejected.json": "-",
    "meta_graph_error_100_mmapi.json": "meta 100",
    "meta_graph_error_130429.json": "meta 130429",
    "meta_onprem_status_failed_1026.json": "meta_onprem 1026",
}


def _found(text: str, subject: str = "") -> str | None:
    detection = detect_text(subject, text, load())
    codes = [str(finding.error) for finding in reported(detection)]
    return codes[0] if codes else ("-" if is_error(detection) else None)


def _recordings(shared: Path) -> dict[str, str]:
    folder = shared / "facts" / "payloads"
    files = {file.name: file.read_text("utf-8") for file in sorted(folder.iterdir()) if file.name != "README.md"}
    for name in files:
        # The status stands in the file's name: 403 and 401 share one body.
        status = re.match(r"gupshup_http_([0-9]{3})_", name)
        if status:
            files[name] = f"HTTP {status[1]}\n{files[name]}"
    return files


def test_every_recording_gives_its_code_or_none(shared: Path) -> None:
    files = _recordings(shared)
    assert {name: _found(text) for name, text in files.items()} == {name: REPORTS.get(name) for name in files}


def test_no_success_is_an_error(shared: Path) -> None:
    wrong = [name for name, text in _recordings(shared).items() if "_not_error" in name and _found(text) is not None]
    assert wrong == []


@pytest.mark.parametrize(
    "damage", ["escaped", "encoded", "single quotes", "in a log line", "cut off", "without quotes"]
)
def test_a_damaged_paste_still_gives_its_code(damage: str) -> None:
    event = {"type": "failed", "payload": {"code": 1008, "reason": "User is not Opted in and Inactive"}}
    text = json.dumps(event)
    pasted = {
        "escaped": json.dumps({"level": "error", "body": text}),
        "encoded": f"GET /hook?event={quote(text)} 200",
        "single quotes": repr(event),
        "in a log line": f"2026-10-05T09:00:00Z worker[7] gupshup event={text} retry=0",
        "cut off": text[: text.index("Opted") + 5],
        "without quotes": "{type: failed, payload: {code: 1008, reason: User is not Opted in and Inactive}}",
    }[damage]
    assert _found(pasted) == "gupshup 1008"


def test_the_reason_decides_whose_number_it_is() -> None:
    gupshup = '{"type":"failed","payload":{"code":1008,"reason":"User is not Opted in and Inactive","gsId":"1"}}'
    onprem = '{"type":"failed","payload":{"code":1008,"reason":"Required parameter is missing"}}'
    assert (_found(gupshup), _found(onprem)) == ("gupshup 1008", "meta_onprem 1008")


def test_the_status_decides_what_a_refused_key_means() -> None:
    body = '{"status":"error","message":"Authentication Failed"}'
    codes = {status: _found(f"Gupshup answered HTTP {status}\n{body}") for status in (400, 401, 403)}
    assert codes == {400: "gupshup_http 400", 401: "gupshup_http 401", 403: "gupshup_http 403"}
    assert _found(f"Gupshup answered\n{body}") == "gupshup_http 401"


def test_a_sample_in_a_test_is_no_report() -> None:
    fixture = '{"type":"failed","payload":{"code":1003,"reason":"Wallet Balance Low"}}'
    assert _found(f"Could you review our unit test? The fixture for Gupshup is {fixture}") is None


def test_a_payload_under_a_condition_is_no_report() -> None:
    assert _found('If the token has expired you will see:\n{"error":{"code":190,"type":"OAuthException"}}') is None


def test_a_failure_of_a_recording_is_certain() -> None:
    (finding,) = detect_text(
        "", '{"type":"failed","payload":{"code":4005,"reason":"Paused Template"}}', load()
    ).findings
    assert finding.confidence is Confidence.CERTAIN


def test_an_unknown_code_of_a_failed_event_is_told() -> None:
    detection = detect_text("", '{"type":"failed","payload":{"code":4017,"reason":"Something new"}}', load())
    assert [evidence.rule for evidence in detection.unknown] == [Rule.FAILED_EVENT()]
