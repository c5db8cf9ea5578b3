"""Tables of languages: found by their names, laid one over the other, and checked against the codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from zendesk_gupshup.dictionary import Dictionary, DictionaryError, load
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.model.finding import ErrorCode

ITALIAN = 'name = "italiano"\nfallback = "es"\ncommon = "il lo la che di non"\n'
WALLET = ErrorCode(namespace="gupshup", code="1003")
REFUSED = ErrorCode(namespace="gupshup_http", code="401")


def own(folder: Path, name: str, text: str) -> Dictionary:
    (folder / "languages").mkdir(exist_ok=True)
    (folder / "languages" / name).write_text(text, encoding="utf-8")
    return load(folder)


def meaning(dictionary: Dictionary, error: ErrorCode, language: str, cause: str | None = None) -> str:
    entry = dictionary.get(error)
    assert entry is not None
    variant = next((v for v in entry.variants if v.name == cause), None)
    return dictionary.words_of(entry, variant, language).meaning


def test_the_shipped_languages_are_the_complete_ones_and_french() -> None:
    assert tuple(load().languages) == (*LANGUAGES, "fr")


def test_french_has_words_for_the_thirty_codes_that_matter_most() -> None:
    table = load().languages["fr"]
    codes = {f"{namespace} {code}" for namespace, words in table.codes.items() for code in words}
    assert len(codes) >= 30
    assert {
        "gupshup_http 401",
        "gupshup_http 403",
        "gupshup 1003",
        "gupshup 4001",
        "gupshup 4004",
        "meta 131049",
    } <= codes
    dictionary = load()
    refused = dictionary.get(REFUSED)
    assert refused is not None
    assert all(dictionary.speaks("fr", REFUSED, variant.name) for variant in refused.variants)


def test_a_further_language_is_found_by_the_name_of_its_table(tmp_path: Path) -> None:
    words = '[codes.gupshup.1003]\nmeaning = "Il saldo non basta."\nremedy = "Ricaricare."\n'
    dictionary = own(tmp_path, "it.toml", ITALIAN + words)
    assert tuple(dictionary.languages) == (*LANGUAGES, "fr", "it")
    assert (dictionary.speaks("it", WALLET, None), dictionary.speaks("it", REFUSED, None)) == (True, False)
    assert meaning(dictionary, WALLET, "it") == "Il saldo non basta."
    assert meaning(dictionary, REFUSED, "it") == meaning(dictionary, REFUSED, "es")


def test_words_of_ones_own_are_added_to_a_shipped_table_and_replace_what_is_there(tmp_path: Path) -> None:
    text = (
        '[codes.meta.368]\nmeaning = "Compte restreint."\nremedy = "Attendre."\n'
        '[codes.gupshup.1003]\nmeaning = "Solde bas."\nremedy = "Recharger."\n'
    )
    dictionary = own(tmp_path, "fr.toml", text)
    assert meaning(dictionary, ErrorCode(namespace="meta", code="368"), "fr") == "Compte restreint."
    assert meaning(dictionary, WALLET, "fr") == "Solde bas."
    assert meaning(dictionary, REFUSED, "fr") == meaning(load(), REFUSED, "fr")


def test_a_code_of_ones_own_gets_its_words_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(
        'namespace = "gupshup"\n[[code]]\ncode = "7001"\ntitle = "Sender Not Approved"\nwho_fixes = ["integrator"]\n'
        'owner_ticket = "no"\nretry = "after_fix"\nseverity = "blocking"\nsource = "ours"\n'
        'examples = ["Gupshup error 7001", "gupshup 7001"]\ncounter_examples = ["Order 7001", "7001 people"]\n'
        '[code.meaning]\nen = "No."\nes = "No."\npt = "Não."\n[code.remedy]\nen = "Wait."\nes = "Espere."\n'
        'pt = "Espere."\n',
        encoding="utf-8",
    )
    dictionary = own(tmp_path, "fr.toml", '[codes.gupshup.7001]\nmeaning = "Non."\nremedy = "Attendre."\n')
    assert meaning(dictionary, ErrorCode(namespace="gupshup", code="7001"), "fr") == "Non."


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "italian.toml",
            ITALIAN,
            "languages/italian.toml: no name of a language; write its two letters, such as it.toml",
        ),
        ("it.toml", "name =", "languages/it.toml: not valid TOML"),
        (
            "it.toml",
            'name = "italiano"\n',
            'languages/it.toml: key "common": Field required; docs/templates.md has an example',
        ),
        ("it.toml", ITALIAN + "comon = 1\n", 'languages/it.toml: key "comon": Extra inputs are not permitted'),
        (
            "it.toml",
            ITALIAN.replace('"es"', '"fr"'),
            'languages/it.toml: key "fallback" is "fr"; write one of en, es, pt',
        ),
        (
            "it.toml",
            ITALIAN + '[codes.gupshup.9]\nmeaning = "A"\nremedy = "B"\n',
            "languages/it.toml: the dictionary has no code gupshup 9; take it out",
        ),
        (
            "it.toml",
            ITALIAN + '[codes.gupshup_http.429]\nmeaning = "A"\nremedy = "B"\n'
            '[codes.gupshup_http.429.variant.slow]\nmeaning = "A"\nremedy = "B"\n',
            "languages/it.toml: gupshup_http 429 has no cause slow; it has none",
        ),
        (
            "it.toml",
            ITALIAN + '[codes.gupshup.1003]\nmeaning = "A"\nremedy = "Chiedete: {owner}."\n',
            'languages/it.toml: gupshup 1003 says {owner}; write the keys "owner" and "integrator" for it',
        ),
        (
            "es.toml",
            '[codes.gupshup.1003]\nmeaning = "A"\nremedy = "B"\n',
            'languages/es.toml: key "codes": write the words into the file of the code\'s namespace',
        ),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DictionaryError) as told:
        own(tmp_path, name, text)
    assert str(told.value).startswith(message)
