"""Runs over many old tickets and their undo: read cheaply, show the cost, write under guards, resume after a stop."""
