"""The error dictionary: complete, and checked when it is loaded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zendesk_gupshup.dictionary import CodeEntry, Dictionary, DictionaryError, Texts, Variant, load
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.model.finding import ErrorCode, Namespace
from zendesk_gupshup.text.normalise import fold

ENTRIES = load().entries

GOOD = """
namespace = "gupshup"

[[code]]
code = "1777"
title = "Invented"
who_fixes = ["owner"]
owner_ticket = "no"
retry = "no"
severity = "single"
source = "https://example.com"
wordings = ["an invented wording"]
examples = ["gupshup 1777", "1777 invented on gupshup"]
counter_examples = ["order 1777", "room 1777"]
[code.meaning]
en = "It is invented."
es = "Es inventado."
pt = "É inventado."
[code.remedy]
en = "Do nothing."
es = "No haga nada."
pt = "Não faça nada."
"""

VARIANT = """
[[code.variant]]
name = "second"
wordings = ["another invented wording"]
who_fixes = ["owner"]
owner_ticket = "no"
[code.variant.meaning]
en = "Second."
es = "Segundo."
pt = "Segunda."
[code.variant.remedy]
en = "Wait."
es = "Espere."
pt = "Aguarde."
"""


def _load(folder: Path, *contents: str) -> Dictionary:
    for number, content in enumerate(contents):
        (folder / f"mine{number or ''}.toml").write_text(content, encoding="utf-8")
    return load.__wrapped__(folder)


# --- What is shipped -----------------------------------------------------------------------------------------


def test_every_entry_has_examples_and_counter_examples() -> None:
    for entry in ENTRIES:
        examples = [*entry.examples, *entry.counter_examples]
        enough = len(entry.examples) >= 2 <= len(entry.counter_examples)
        assert (entry.error, enough, len(set(examples))) == (entry.error, True, len(examples))


def test_the_three_languages_say_it_in_their_own_words() -> None:
    for entry, texts in _texts():
        assert (entry.error, len({texts.get(language) for language in LANGUAGES})) == (entry.error, 3)


def test_no_text_asks_for_a_secret() -> None:
    asks = ("send us the key", "send us your", "envíenos la key", "envíenos su contraseña", "envie-nos a key")
    for entry, texts in _texts():
        said = fold(" ".join(texts.get(language) for language in LANGUAGES))
        assert (entry.error, [ask for ask in asks if fold(ask) in said]) == (entry.error, [])


def _texts() -> Iterator[tuple[CodeEntry, Texts]]:
    for entry in ENTRIES:
        parts: list[CodeEntry | Variant] = [entry, *entry.variants]
        for part in parts:
            yield from ((entry, part.meaning), (entry, part.remedy))
        yield from ((entry, variant.checks) for variant in entry.variants if variant.checks is not None)


def test_only_the_owner_codes_send_the_owner_to_gupshup() -> None:
    due = {entry.error.slug for entry in ENTRIES if entry.owner_ticket == "yes"}
    assert {"http_401", "500", "4001", "4002", "4004"} <= due
    assert not due & {"http_403", "1003", "meta_131049", "meta_131050", "meta_131026", "meta_130472"}


def test_403_authentication_failed_is_an_ip_fault_and_no_escalation() -> None:
    forbidden = load().get(ErrorCode(namespace="gupshup_http", code="403"))
    assert forbidden is not None
    variant = next(v for v in forbidden.variants if "authentication failed" in v.wordings)
    assert (variant.name, variant.only_with_code, variant.owner_ticket) == ("ip_allowlist", True, "no")
    for words in ("one-way", "two-way", "CleverTap"):
        assert all(words in variant.remedy.get(language) for language in LANGUAGES)


# --- The facts ------------------------------------------------------------------------------------------------

NAMESPACES = {
    "gupshup": "gupshup",
    "gupshup_enterprise_gateway": "gupshup_enterprise",
    "gupshup_enterprise_dlr": "gupshup_enterprise",
    "meta_cloud": "meta",
    "meta_onprem": "meta_onprem",
}


@pytest.mark.parametrize("name", ["gupshup", "gupshup_enterprise", "meta_cloud", "meta_onprem"])
def test_every_known_code_has_an_entry(shared: Path, name: str) -> None:
    rows = _rows(shared, f"{name}_codes.csv")
    # Meta's "200-299" stands with its first number, which has an entry of its own.
    wanted = {f"{NAMESPACES[row['namespace']]} {row['code'].split('-')[0]}" for row in rows}
    assert wanted - {str(entry.error) for entry in ENTRIES} == set()


def test_every_known_body_of_the_api_is_a_title_or_a_wording(shared: Path) -> None:
    missing = []
    for row in _rows(shared, "gupshup_http_errors.csv"):
        if row["code"] in ("200", "202"):  # the first is the Enterprise gateway's, the second no error
            continue
        body = fold(row["title"].split(" [")[0].split("...")[0])
        for code in row["code"].split("/"):
            entry = load().get(ErrorCode(namespace="gupshup_http", code=code))
            assert entry is not None
            wordings = [*entry.wordings, *(wording for v in entry.variants for wording in v.wordings)]
            titled = any(body in fold(title) for title in entry.titles)
            if not titled and not any(fold(wording) in body for wording in wordings):
                missing.append(f"{code} {row['title']}")
    assert missing == []


def test_delivery_reports_of_success_are_no_failures() -> None:
    assert {e.error.code for e in ENTRIES if e.success} == {"000", "025", "026", "322"}


def _rows(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "facts" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Finding an entry -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("1003", ["1003", "onprem_1003"]),
        ("401", ["http_401", "enterprise_401", "onprem_401"]),
        ("gupshup 1003", ["1003"]),
        ("gupshup_http 401", ["http_401"]),
        ("http_401", ["http_401"]),
        ("HTTP 401", ["http_401"]),
        ("gupshup__http_401", ["http_401"]),
        ("gupshup 401", ["http_401", "enterprise_401"]),
        ("gupshup 500", ["500"]),
        ("enterprise 102", ["enterprise_102"]),
        ("enterprise 00A", ["enterprise_00a"]),
        ("meta:131049", ["meta_131049"]),
        ("gupshup__meta_131049", ["meta_131049"]),
        ("#131030", ["meta_131030"]),
        ("(#131049)", ["meta_131049"]),
        ("error code 131049", ["meta_131049"]),
        ("on-premises 470", ["onprem_470"]),
        ("gupshup__onprem_470", ["onprem_470"]),
        ("3", ["meta_3"]),
        ("003", ["enterprise_003"]),
        ("meta 1003", []),
        ("twilio 63049", []),
        ("wallet", []),
        ("", []),
    ],
)
def test_find(text: str, slugs: list[str]) -> None:
    assert [error.slug for error in load().find(text)] == slugs


def test_every_code_is_found_by_its_name_and_its_tag() -> None:
    for entry in ENTRIES:
        assert load().find(str(entry.error)) == (entry.error,)
        assert load().find(entry.error.tag) == (entry.error,)
        assert load().get(entry.error) == entry


# --- A user's folder ------------------------------------------------------------------------------------------


def test_a_users_file_adds_an_entry(tmp_path: Path) -> None:
    found = _load(tmp_path, GOOD)
    assert [error.slug for error in found.find("1777")] == ["1777"]
    assert len(found.entries) == len(ENTRIES) + 1


def test_a_users_file_replaces_a_shipped_entry(tmp_path: Path) -> None:
    found = _load(tmp_path, GOOD.replace("1777", "1003"))
    entry = found.get(ErrorCode(namespace="gupshup", code="1003"))
    assert entry is not None
    assert entry.title == "Invented"
    assert len(found.entries) == len(ENTRIES)


def test_the_same_folder_is_read_once(tmp_path: Path) -> None:
    _load(tmp_path, GOOD)
    assert load(tmp_path) is load(tmp_path)


# --- Mistakes -------------------------------------------------------------------------------------------------


PT = 'pt = "Não faça nada."'
EXAMPLES = 'examples = ["gupshup 1777", "1777 invented on gupshup"]'

MISTAKES = [
    ('retry = "no"', 'retyr = "no"', 'unknown key "retyr"; write retry'),
    ('retry = "no"', "", 'key "retry" is missing; add it'),
    ('retry = "no"', 'retry = "soon"', "key \"retry\" is 'soon'; write 'no', 'now', 'later' or 'after_fix'"),
    ('retry = "no"', 'retry = "no"\nsuccess = "yes"', "key \"success\" is 'yes'; write true or false"),
    ('retry = "no"', 'retry = "no"\nerror = "x"', 'unknown key "error"; write code = "1777" only'),
    ('code = "1777"', "code = 1777", 'key "code" must be a text in lower case; write code = "1777"'),
    ('title = "Invented"', "title = 7", 'key "title" is 7; write a text in quotation marks'),
    ('title = "Invented"', 'title = " "', 'key "title" is empty; write some text'),
    (PT, "", 'key "remedy.pt" is missing; add it'),
    (PT, 'pt = ""', 'key "remedy.pt" is empty; write some text'),
    (PT, 'pt = "x"\nfr = "x"', 'unknown key "remedy.fr"; write one of en, es, pt'),
    (EXAMPLES, 'examples = ["gupshup 1777"]', 'key "examples" has 1; write at least 2'),
    ('who_fixes = ["owner"]', 'who_fixes = "owner"', "key \"who_fixes\" is 'owner'; write a list in brackets"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_a_mistake_is_one_line_that_says_what_to_write(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert _refusal(tmp_path, old, new) == f"mine.toml: code 1777: {message}"


SHAPE = 'key "code" becomes part of tags: at most 40 letters a to z, digits, and single - or _ between them;'

# A code that Zendesk would not keep in a tag as it stands would be answered again at every sweep.
NO_TAGS = [
    ("auth 7", 'write code = "auth_7"'),
    ("auth\u00a07", 'write code = "auth_7"'),
    ("tab\\t7", 'write code = "tab_7"'),
    ("e#7", 'write code = "e_7"'),
    ("7,8", 'write code = "7_8"'),
    ("(7)", 'write code = "7"'),
    ("clave_inválida", 'write code = "clave_invalida"'),
    ("7__8", 'write code = "7_8"'),
    ("_7", 'write code = "7"'),
    ("7-", 'write code = "7"'),
    ("7.1", 'write code = "7_1"'),
    ("7/1", 'write code = "7_1"'),
    ("7" * 41, f'write code = "{"7" * 40}"'),
    ("¡!", "write letters and digits"),
]


@pytest.mark.parametrize(("code", "hint"), NO_TAGS, ids=[code for code, _ in NO_TAGS])
def test_a_code_that_no_tag_can_hold_is_refused(tmp_path: Path, code: str, hint: str) -> None:
    told = _refusal(tmp_path, 'code = "1777"', f'code = "{code}"')
    shown = repr(code.replace("\\t", "\t"))
    assert told == f"mine.toml: code {shown}: {SHAPE} {hint}"


@pytest.mark.parametrize("code", ["7", "auth_7", "e-7", "00a", "x" * 40])
def test_a_code_that_a_tag_can_hold_is_taken(tmp_path: Path, code: str) -> None:
    found = _load(tmp_path, GOOD.replace("1777", code)).get(ErrorCode(namespace="gupshup", code=code))
    assert found is not None
    assert found.error.tag == f"gupshup__{code}"


def test_two_codes_with_one_tag_are_refused(tmp_path: Path) -> None:
    told = _refusal(tmp_path, 'code = "1777"', 'code = "http_401"')
    shared = 'key "code": its tag gupshup__http_401 is that of gupshup http_401; choose another code'
    assert told == f"gupshup_http 401: {shared}"


CODE = 'key "code" must be a text in lower case; write code ='
STANDS_TWICE = (
    "stands with gupshup 1003 too; keep it where it proves the code, or set only_with_code = true on the variant"
)

MISTAKES_AROUND = [
    ('code = "1777"', 'code = "17A"', f"mine.toml: code '17A': {CODE} \"17a\""),
    ('code = "1777"', "", f'mine.toml: code None: {CODE} "..."'),
    (
        'namespace = "gupshup"',
        'namespace = "gupshop"',
        f"mine.toml: key \"namespace\" is 'gupshop'; write one of {', '.join(get_args(Namespace))}",
    ),
    (
        'namespace = "gupshup"',
        'namespace = "gupshup"\nnote = "x"',
        'mine.toml: unknown key "note"; write namespace = "..." and [[code]] tables',
    ),
    ("[[code]]", "[code]", 'mine.toml: key "code" is no list of tables; start each entry with [[code]]'),
    (
        "an invented wording",
        "Wallet – balance LOW!",
        f'gupshup 1777: wording "Wallet – balance LOW!" {STANDS_TWICE}',
    ),
    ("an invented wording", "¡!", 'gupshup 1777: wording "¡!" has no letters; write words'),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES_AROUND, ids=[new for _, new, _ in MISTAKES_AROUND])
def test_a_mistake_around_an_entry_is_one_line_too(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert _refusal(tmp_path, old, new) == message


def _refusal(folder: Path, old: str, new: str, content: str = GOOD) -> str:
    assert old in content
    with pytest.raises(DictionaryError) as raised:
        _load(folder, content.replace(old, new, 1))
    return str(raised.value)


def test_broken_toml_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"^mine\.toml: not valid TOML: .*line 7"):
        _load(tmp_path, GOOD.replace('who_fixes = ["owner"]', 'who_fixes = ["owner'))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "second"', 'nmae = "second"', 'unknown key "variant.0.nmae"; write name'),
        ('name = "second"', 'name = "2nd"', "key \"variant.0.name\": String should match pattern '^[a-z][a-z0-9_]*$'"),
        ('name = "second"', 'name = "third"', "variant third: stands twice; give each variant its own name"),
        (
            "another invented wording",
            "Another, invented wording",
            'variant third: wording "another invented wording" selects second too; make it more specific',
        ),
    ],
)
def test_variants_must_differ(tmp_path: Path, old: str, new: str, message: str) -> None:
    content = GOOD + VARIANT + VARIANT.replace("second", "third")
    assert _refusal(tmp_path, old, new, content) == f"mine.toml: code 1777: {message}"


def test_a_variant_may_refine_with_words_that_prove_another_code(tmp_path: Path) -> None:
    refining = VARIANT.replace("another invented wording", "wallet balance low")
    with pytest.raises(DictionaryError, match="stands with gupshup 1003 too"):
        _load(tmp_path, GOOD + refining)
    assert _load(tmp_path, GOOD + refining.replace("who_fixes", "only_with_code = true\nwho_fixes"))


def test_a_code_stands_once(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError) as raised:
        _load(tmp_path, GOOD, GOOD)
    assert str(raised.value) == "mine1.toml: code 1777: stands in mine.toml already; keep one of the two"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="no such folder; name a folder that holds dictionary files"):
        load(tmp_path / "nowhere")


# --- Folding -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Template Opt‑in  Failure", "template opt in failure"),
        ("ABSENT_SUBSCRIBER", "absent subscriber"),
        ("¿Por qué NO llegó?", "por que no llego"),
        ("“Portal User Not Found”", "portal user not found"),
        ("Straße ﬁn ４０１ ٤٠١", "strasse fin 401 401"),
        ("can't / can’t", "can t can t"),
        ("wal\u200blet", "wallet"),
        ("संदेश नहीं जा रहा", "संदेश नहीं जा रहा"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
