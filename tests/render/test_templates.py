"""The texts as files: which one applies, and every mistake in them found before any ticket is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.plan import ReplyKind
from zendesk_gupshup.render.catalogue import TemplateError, Templates
from zendesk_gupshup.render.context import view
from zendesk_gupshup.render.context_types import View
from zendesk_gupshup.render.lint_samples import sample
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.template_files import Source, with_takers

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def own(tmp_path: Path) -> Write:
    """A folder of one's own with these files."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def in_all_languages(name: str, text: str) -> dict[str, str]:
    return {name.replace("LANG", language): text for language in ("en", "es", "pt")}


def seen(kind: ReplyKind, language: Language = "en", error: ErrorCode | None = None, cause: str | None = None) -> View:
    made = sample(kind, language, load(), error=error, variant=cause)
    return view(made.plan, made.ticket, made.detection, load(), GupshupDesk(), language, for_client=True)


def test_the_shipped_texts_are_without_mistake() -> None:
    assert Templates.read().lint() == ()


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_a_kinds_own_text_applies_in_each_language(language: Language) -> None:
    templates = Templates.load()
    assert templates.source("reply", seen("remedy", language)).key == f"reply/remedy.{language}.md.j2"
    assert templates.source("note", seen("remedy", language)).key == f"note/default.{language}.md.j2"
    assert templates.source("request", seen("draft", language)).key == f"request/default.{language}.txt.j2"


def test_a_codes_own_text_wins_over_its_kinds_and_the_cause_over_the_code(own: Write) -> None:
    forbidden = ErrorCode(namespace="gupshup_http", code="403")
    folder = own(in_all_languages("reply/gupshup_http_403.LANG.md.j2", "Ours."))
    templates = Templates.load(folder)
    with_cause = templates.source("reply", seen("remedy", error=forbidden, cause="ip_allowlist"))
    other_cause = templates.source("reply", seen("remedy", error=forbidden, cause="not_app_owner"))
    assert (with_cause.key, with_cause.shipped) == ("reply/gupshup_http_403.ip_allowlist.en.md.j2", True)
    assert (other_cause.key, other_cause.shipped) == ("reply/gupshup_http_403.en.md.j2", False)
    assert templates.text("reply", seen("remedy", error=forbidden)) == "Ours."


def test_ones_own_folder_overrides_file_by_file(own: Write) -> None:
    templates = Templates.load(own({"reply/_bye.en.md.j2": "\nYours, Example\n"}))
    assert templates.text("reply", seen("remedy")).endswith("Yours, Example")
    assert "persona de nuestro equipo" in templates.text("reply", seen("remedy", "es"))


def test_files_that_start_with_a_dot_are_nobodys_business(own: Write) -> None:
    assert Templates.load(own({".git/config": "x", "reply/.DS_Store": "x"})).lint() == ()


MISTAKES = [
    (
        {"reply/remedy.en.md.j2": "Hello\n\n{{ clint }}"},
        "reply/remedy.en.md.j2:3: unknown variable clint; write client",
    ),
    (
        {"reply/remedy.en.md.j2": "{% if app.partner %}{{ app.nmae }}{% endif %}"},
        "reply/remedy.en.md.j2:1: app has no nmae; write name",
    ),
    (
        {"reply/remedy.en.md.j2": "{% for e in others %}\n{{ e.titel }}{% endfor %}"},
        "reply/remedy.en.md.j2:2: e has no titel; write title",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ others[0].qotes }}"},
        "reply/remedy.en.md.j2:1: this has no qotes; write quotes",
    ),
    (
        {"reply/remedy.en.md.j2": "{% set a = app %}{{ a.nmae }}"},
        "reply/remedy.en.md.j2:1: a has no nmae; write name",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ client.name }}"},
        "reply/remedy.en.md.j2:1: client has no name; write client alone",
    ),
    (
        {"reply/remedy.en.md.j2": "x\n{% if client %}"},
        "reply/remedy.en.md.j2:2: syntax: Unexpected end of template.",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ client|uper }}"},
        "reply/remedy.en.md.j2:1: unknown filter uper; write upper",
    ),
    (
        {"reply/remedy.en.md.j2": "{% if client is undefned %}{% endif %}"},
        "reply/remedy.en.md.j2:1: unknown test undefned; write undefined",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ client if client else client|uper }}"},
        "reply/remedy.en.md.j2:1: unknown filter uper; write upper",
    ),
    (
        {"reply/remedy.en.md.j2": '{% include "reply/_by.en.md.j2" %}'},
        "reply/remedy.en.md.j2:1: no file reply/_by.en.md.j2; write reply/_bye.en.md.j2",
    ),
    (
        {"reply/remedy.en.md.j2": "{% include client %}"},
        "reply/remedy.en.md.j2:1: a file is named by a variable; write the file's name in quotes",
    ),
    (
        {"reply/remedy.it.md.j2": "Buongiorno"},
        "reply/remedy.it.md.j2: unknown language it; write languages/it.toml into your folder of codes",
    ),
    (
        {"reply/remedy.french.md.j2": "Bonjour"},
        "reply/remedy.french.md.j2: unknown file name; write <reply|note|guide|draft|request>/<name>.<language>.md.j2",
    ),
    ({"reply/remdey.en.md.j2": "Hello"}, "reply/remdey.en.md.j2: unknown file name"),
    ({"draft/default.en.md.j2": "Hello"}, "draft/default.en.md.j2: unknown file name"),
    ({"README.md": "Hello"}, "README.md: unknown file name"),
    (
        {"reply/meta_131049.es.md.j2": "Hola"},
        "reply/meta_131049.es.md.j2: no translation into en; write reply/meta_131049.en.md.j2",
    ),
    (
        in_all_languages("reply/gupshup_http_4001.LANG.md.j2", "Hello"),
        "reply/gupshup_http_4001.en.md.j2: the dictionary has no code gupshup_http 4001",
    ),
    (
        in_all_languages("reply/gupshup_http_403.ip_alowlist.LANG.md.j2", "Hello"),
        "reply/gupshup_http_403.ip_alowlist.en.md.j2: gupshup_http 403 has no cause ip_alowlist; name one of ip_",
    ),
    (
        {"reply/draft.en.md.j2": "{{ error.title }}"},
        "reply/draft.en.md.j2:1: 'None' has no attribute 'title' (sample: draft, knowing all); guard it",
    ),
    (
        {"reply/remedy.en.md.j2": "x {{ others }}"},
        "reply/remedy.en.md.j2:1: a value of type tuple is printed, which is no text (sample: remedy, knowing all)",
    ),
    (
        {"reply/remedy.en.md.j2": "{% for a in [" + "1," * 70 + "] %}" + "word " * 200 + "{% endfor %}"},
        "reply/remedy.en.md.j2: 70006 bytes with a sample, over 65536; write it shorter",
    ),
    (
        {"reply/remedy.en.md.j2": "word " * 14_000},
        "reply/remedy.en.md.j2: larger than 65536 bytes; write a text that fits into one comment",
    ),
    ({"reply/remedy.en.md.j2": "{# nothing #}"}, "reply/remedy.en.md.j2: the text is empty"),
    (
        {"reply/remedy.en.md.j2": "{{ range(3)|join }}"},
        "reply/remedy.en.md.j2:1: unknown variable range",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ client ~ team }}"},
        "reply/remedy.en.md.j2:1: syntax: ~ is not available: write the parts one after another",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ 'a' * 1000000000 }}"},
        "reply/remedy.en.md.j2:1: the operator * is not available in templates",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ client.upper() }}"},
        "reply/remedy.en.md.j2:1: client has no upper",
    ),
    (
        {"reply/remedy.en.md.j2": "{{ ''.__class__ }}"},
        "reply/remedy.en.md.j2:1: access to attribute '__class__' of 'str' object is unsafe.",
    ),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("files", "message"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_what_to_write(own: Write, files: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError) as raised:
        Templates.load(own(files))
    assert str(raised.value).startswith(message)


def test_all_mistakes_are_listed_not_only_the_first(own: Write) -> None:
    folder = own(
        {
            "reply/remedy.en.md.j2": "{{ a }}\n{{ b }}",
            "reply/remedy.es.md.j2": "{{ c }}",
            "note/extra.pt.md.j2": "x",
        }
    )
    problems = Templates.read(folder).lint()
    assert [(p.file, p.line) for p in problems] == [
        ("note/extra.pt.md.j2", 0),
        ("reply/remedy.en.md.j2", 1),
        ("reply/remedy.en.md.j2", 2),
        ("reply/remedy.es.md.j2", 1),
    ]
    with pytest.raises(TemplateError, match="and 3 more"):
        Templates.load(folder)


def test_a_shipped_text_that_takes_in_a_file_of_ones_own_is_looked_at(own: Write) -> None:
    [problem, *_] = Templates.read(own({"reply/_bye.en.md.j2": "Bye, {{ error.title }}"})).lint()
    assert str(problem).startswith("reply/_bye.en.md.j2:1: 'None' has no attribute 'title' (sample: draft")


def test_who_takes_in_a_file_does_so_by_another_too() -> None:
    texts = {"a": "Hello", "b": '{% include "a" %}', "c": "{% import 'b' as b %}", "d": "a and b"}
    sources = {key: Source(key, Path(key), text, shipped=True) for key, text in texts.items()}
    assert with_takers(sources, {"a"}) == ["a", "b", "c"]


def test_a_sentence_that_asks_for_a_secret_is_refused(own: Write) -> None:
    asks = (
        "Please send us your API key.",
        "Reply with the App ID and the API key.",
        "Could you share the account password with us?",
        "Envíenos su clave de API.",
        "Por favor comparta la contraseña de la cuenta.",
        "Envie a chave do app para nós.",
        "Compartilhe a senha conosco.",
        "Please send\nus your API key.",
    )
    problems = Templates.read(own({"reply/remedy.en.md.j2": "\n\n".join(asks)})).lint()
    assert [problem.line for problem in problems] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert {problem.wrong.partition(":")[0] for problem in problems} == {"asks for a secret"}


def test_a_sentence_that_warns_of_sending_secrets_is_not(own: Write) -> None:
    warnings = (
        "Never send us your API key.",
        "Nunca nos envíe su contraseña.",
        "Não compartilhe a senha.",
        "Send a screenshot with the API key masked.",
        "The owner generates a new API key.",
        "Tell us whether it works. The API key stays with the owner.",
    )
    assert Templates.read(own({"reply/remedy.en.md.j2": "\n\n".join(warnings)})).lint() == ()


def test_a_text_that_never_ends_is_stopped(own: Write) -> None:
    loops = "".join(f"{{% for {name} in m %}}" for name in "abcd") + "{% endfor %}" * 4
    text = "{% set m = [" + "1," * 50 + "] %}" + loops
    [problem, *_] = Templates.read(own({"reply/remedy.en.md.j2": text})).lint()
    assert problem.wrong.startswith("more than 5000 rounds of loops in one text")


def test_a_text_that_grows_is_stopped(own: Write) -> None:
    text = "{% set m = [" + "1," * 40 + "] %}{% for a in m %}{% for b in m %}" + "x" * 1000 + "{% endfor %}{% endfor %}"
    [problem, *_] = Templates.read(own({"reply/remedy.en.md.j2": text})).lint()
    assert problem.wrong.startswith("the text grows beyond 400000 characters")


def test_a_macro_that_calls_itself_is_a_mistake_and_no_crash(own: Write) -> None:
    text = "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}"
    [problem, *_] = Templates.read(own({"reply/remedy.en.md.j2": text})).lint()
    assert "recursion" in problem.wrong


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no such folder"):
        Templates.load(tmp_path / "none")


def test_a_file_that_is_no_utf8_is_told(own: Write) -> None:
    folder = own({"reply/remedy.en.md.j2": "x"})
    (folder / "reply" / "remedy.en.md.j2").write_bytes(b"Hello \xff")
    [problem] = Templates.read(folder).lint()
    assert str(problem) == "reply/remedy.en.md.j2: not UTF-8; save the file with the encoding UTF-8"


# --- Words that run together ---------------------------------------------------------------------------------

LAYOUT = [
    ("1. {% if team %}Never send keys.{% endif %}\n2. Go on.", "a list's number is glued to the text before it"),
    ("Hello {{ client }}:{% if client %}{% endif %}\n- one", "an item is glued to the text before it"),
    ("Go on.{% if client %}{% endif %}\n## Next", "a heading is glued to the text before it"),
    ("1. Go on.\n**Next**\n\n- one", "a bold heading is inside the paragraph or item before it"),
    ("Go on.{% if client %}{% endif %}\n**Next** step", "a bold heading is inside the paragraph or item before it"),
]
FINE = [
    "1. Go on.\n\n2. Stop.\n\n**Next**\n\n- one",
    "Since 12:30. Version 2. We saw 1. and 3.5. of it.",
    "**What it means:** nothing\n\nText with **bold** words.\n**Only** the beginning.",
    "Gupshup (401). It has 2. numbers",
]


@pytest.mark.parametrize(("text", "wrong"), LAYOUT)
def test_lint_finds_words_that_run_together(own: Write, text: str, wrong: str) -> None:
    [problem, *_] = Templates.read(
        own({"reply/remedy.en.md.j2": text.replace("{% if team %}", "{% if client %}")})
    ).lint()
    assert problem.wrong.startswith(wrong)


@pytest.mark.parametrize("text", FINE)
def test_lint_leaves_numbers_and_bold_words_alone(own: Write, text: str) -> None:
    assert Templates.read(own({"reply/remedy.en.md.j2": text})).lint() == ()
