"""Diagnosis of an installation: a line per check, and a remedy for each fault.

`examine` collects the facts from settings, Zendesk and database; `lines` judges them and is pure.
"""
