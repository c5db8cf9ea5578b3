"""`python -m zendesk_gupshup`."""

from .cli import main

main(prog_name="zendesk-gupshup")
