"""What was decided and written, kept in the database; reports and `undo` read it. It decides nothing."""
