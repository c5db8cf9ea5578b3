"""A decision into words: templates, wordings of reasons, Markdown, PDF and the prefilled link. Pure."""
