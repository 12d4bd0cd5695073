"""The history of the tables: one step per file, never edited once merged."""
