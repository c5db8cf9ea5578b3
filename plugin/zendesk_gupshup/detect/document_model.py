"""Is this text a report at all? The witness of the whole text: words and pairs, numbers masked, no rule and no cue."""

from __future__ import annotations

from itertools import pairwise

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.linear import Block, strongest
from zendesk_gupshup.detect.weights import DocumentWeights

_WORDS, _REACH = 400, 3000


def document_words(document: Document) -> frozenset[str]:
    """Words, pairs and pairs with one word between, of the beginning of each text; made once for a document."""
    if document.model_words is None:
        said: list[str] = []
        for scene in document.distinct:
            said.append("<subject>" if scene.text.kind == "subject" else "<body>")
            said += document.said(scene).between(0, _REACH)[:_WORDS]
        pairs = map(" ".join, pairwise(said))
        document.model_words = frozenset([*said, *pairs, *map(" * ".join, zip(said, said[2:], strict=False))])
    return document.model_words


def document_score(weights: DocumentWeights, document: Document) -> float:
    return weights.bias + Block(weights.words.scale, weights.words.weights).score(document_words(document))


def document_parts(weights: DocumentWeights, document: Document, most: int) -> list[tuple[str, float]]:
    """The words that add or take away the most, the strongest first."""
    added = Block(weights.words.scale, weights.words.weights).parts(document_words(document))
    return strongest(added, most)
