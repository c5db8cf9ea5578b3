"""A decision into words: templates, translations, Markdown, PDF and the prefilled link. Pure."""
