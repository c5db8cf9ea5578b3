"""For which places a cue speaks: its direction, its scope, what ends it, and what takes it back."""

from __future__ import annotations

import pytest

from zendesk_gupshup.detect import lexicon
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.dictionary import load

# A label, a text, and the cues in it that speak for its 1003.
CASES = [
    ("hypothesis", "Gupshup might answer 1003.", ["might"]),
    # `direction`: only before the number.
    ("hypothesis", "Gupshup answers 1003, it might.", []),
    # `reach`: not further off than so many characters.
    ("hypothesis", f"It might be {'so ' * 80} 1003.", []),
    # `scope`: of the same sentence or line.
    ("hypothesis", "It might be. Gupshup answers 1003.", []),
    ("simulated", "A dummy answers. FAIL_WITH=1003", ["dummy"]),
    ("simulated", "A dummy answers.\nFAIL_WITH=1003", []),
    # `ends_at`: a label or a pattern between cue and number.
    ("document", "Your documentation says 1003.", ["your documentation"]),
    ("document", "We followed your documentation and still get 1003.", []),
    ("handling", "We need to handle the error code 1003.", ["handle"]),
    ("handling", "We need to handle it: code 1003.", []),
    # `beaten_by`: another label in the same sentence, but not within the words of the cue itself.
    ("billing", "Are failed messages charged, 1003?", ["charged"]),
    ("billing", "We get 1003, are failed messages charged?", []),
    ("solved", "It is solved now, no 1003.", ["solved"]),
    ("solved", "It was solved, and 1003 persists.", []),
]


@pytest.mark.parametrize(("label", "text", "told"), CASES)
def test_a_cue_speaks_for_what_its_label_says(label: str, text: str, told: list[str]) -> None:
    scene = Scene(read_plain("", text)[0][0], index_of(load()))
    assert [scene.low[hit.start : hit.end] for hit in reaching(scene, label, scene.low.index("1003"))] == told


def test_where_the_scope_is_the_text_a_label_is_beaten_from_anywhere() -> None:
    def beats(text: str) -> bool:
        return Document(tuple(Scene(read, index_of(load())) for read in read_plain("", text)[0])).beats("planning")

    assert not beats("Planning: we map 1003 to a text.")
    assert beats("Planning: we map 1003 to a text.\n\nWe get it since this morning.")


def test_a_label_that_is_named_by_another_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "no_more": {"says": "Gone.", "scope": "sentence", "beaten_by": ["agian"]},
        "again": {"says": "Again.", "scope": "text"},
    }
    monkeypatch.setattr(lexicon, "table", lambda _: wrong)
    with pytest.raises(ValueError, match=r"^cues/labels\.toml, \[no_more\]: there is no 'agian'; write 'again'$"):
        lexicon.labels.__wrapped__()
