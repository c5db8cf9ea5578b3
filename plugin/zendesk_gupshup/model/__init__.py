"""Zendesk's nouns, findings, plans and writes as frozen values. Imports nothing of ours."""
