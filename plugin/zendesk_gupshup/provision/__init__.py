"""The Zendesk objects that we need: described as data, compared with what is there, made, changed and removed.

`objects` says what is wanted, `diff` compares without touching anything, `apply` is the only part that writes.
"""
