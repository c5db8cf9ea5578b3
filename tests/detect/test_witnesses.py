"""Three witnesses judge a code: what each alone may say, what all of them make certain, and what keeps a reply back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.linear import Block
from zendesk_gupshup.detect.number_kinds import tokens
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.detection_reasons import Doubt, WithheldReason
from zendesk_gupshup.model.finding import Confidence
from zendesk_gupshup.render.witnesses import witnesses_in_words

REPORT = "Gupshup answers 401 Authentication Failed to every call since today."
HISTORY = "\n\nOn Tue, Oct 6, 2026 Ana wrote:\n> Since yesterday Gupshup answers 401 Unauthorized to all our calls."


def test_a_code_that_all_three_report_is_certain_and_names_them() -> None:
    (finding,) = detect_text("Help", REPORT, load()).findings
    assert (str(finding.error), finding.confidence) == ("gupshup_http 401", Confidence.CERTAIN)
    assert [witness.name for witness in finding.witnesses] == ["rules", "candidate", "document"]
    assert [line.split(":")[0] for line in witnesses_in_words(finding)] == [
        "the rules",
        "the words around it",
        "the whole text",
    ]


def test_a_misspelt_wording_is_likely_at_most() -> None:
    (finding,) = detect_text("", "gupshup says portal usr not found with apikey when we send", load()).findings
    assert (str(finding.error), finding.confidence) == ("gupshup_http 401", Confidence.LIKELY)
    assert finding.against == (Doubt.MODELS_ALONE(),)


def test_a_code_of_the_history_is_likely_at_most_where_it_persists() -> None:
    (finding,) = detect_text("RE: problem", f"Still the same today, any news?{HISTORY}", load()).findings
    assert (str(finding.error), finding.confidence) == ("gupshup_http 401", Confidence.LIKELY)
    assert finding.against == (Doubt.MODELS_ALONE(), Doubt.IN_HISTORY())


def test_a_code_of_the_history_is_none_where_it_is_over() -> None:
    found = detect_text("RE: problem", f"Thanks, that fixed it. You can close this.{HISTORY}", load())
    assert found.reported == ()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("This is from the training.", WithheldReason.TRAINING),
        ("The uptime check is red.", WithheldReason.EXPECTED_BY_CHECK),
        ("It was resolved.", WithheldReason.OVER),
    ],
)
def test_a_certain_code_that_may_be_no_open_case_is_not_answered(said: str, why: WithheldReason) -> None:
    reasons = [
        reason.name for finding in detect_text("", f"{REPORT} {said}", load()).findings for reason in finding.withheld
    ]
    certain = [f for f in detect_text("", f"{REPORT} {said}", load()).findings if f.confidence is Confidence.CERTAIN]
    assert reasons == ([why] if certain else [])


def test_no_model_sees_which_code_it_is() -> None:
    index = index_of(load())
    assert tokens("error 1003 and 131049 or 401, order 48213", index) == [
        "error", "<own4>", "and", "<meta6>", "or", "<401>", "order", "<d5>",
    ]  # fmt: skip


def test_words_of_a_block_have_one_length_together() -> None:
    block = Block(2.0, {"a": 1.0, "b": 3.0})
    assert block.score(["a", "b", "c"]) == pytest.approx(2.0 * 4.0 / 2**0.5)
    assert block.score(["c"]) == 0.0


def test_an_own_code_is_judged_without_training(tmp_path: Path) -> None:
    shipped = (Path(index_of.__code__.co_filename).parents[1] / "dictionary" / "gupshup.toml").read_text("utf-8")
    first = shipped.index('[[code]]\ncode = "1003"')
    entry = shipped[first : shipped.index("[[code]]", first + 1)].replace('code = "1003"', 'code = "7707"')
    entry = re.sub(r"(?m)^wordings = .*$", "wordings = []", entry)
    (tmp_path / "own.toml").write_text(f'namespace = "gupshup"\n\n{entry}', encoding="utf-8")
    found = detect_text("Help", "Gupshup fails with error 7707 on every send since yesterday.", load(tmp_path))
    assert "gupshup 7707" in [str(finding.error) for finding in found.reported]
