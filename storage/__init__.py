"""The only room that speaks SQL: rows to values and back."""
