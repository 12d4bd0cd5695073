"""Results for people: sentences, terminal tables, pages, and the fixed `--json` object.

This room reads stored results and writes; it estimates nothing and validates nothing.
"""
