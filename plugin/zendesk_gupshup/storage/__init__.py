"""The database: engine, schema and migrations, and one small file for each thing that is kept."""
