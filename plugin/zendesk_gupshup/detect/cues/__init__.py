"""Cues as data: what words say about a place, a sentence, or a number beside them; one file a language.

`labels.toml` says what each label means, `en.toml` and its like hold the phrases, each cue with examples of its own.
Rules ask for labels; `docs/detection.md` says how a cue is written and `check` holds it to its examples.
"""
