"""One outage is not forty tickets: when one code comes from several organizations, and what follows from it.

`decision` is pure, `book` asks it with what the store knows, `problem` opens the one problem ticket, `watch` ends it.
"""
