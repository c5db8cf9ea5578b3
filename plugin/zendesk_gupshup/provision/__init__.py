"""The Zendesk objects that we need, as code: described as data, planned, applied, checked for drift, removed.

`objects` describes them, `diff` compares them with the account and is pure, `apply` alone reads and writes Zendesk.
"""
