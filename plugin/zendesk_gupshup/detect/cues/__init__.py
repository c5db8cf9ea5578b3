"""Cues as data: what words and signs say about a place, a sentence, or a number beside them.

`labels.toml` says what each label means and how far it reaches, `en.toml` and its like hold the phrases of a language,
`patterns/` the patterns, each with examples of its own. Rules ask for labels and for patterns by id;
`docs/detection.md` says how each is written, and the suite holds it to its examples.
"""
