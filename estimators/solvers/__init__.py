"""Numerical problems that estimators pose, each with a slow obvious twin in tests/."""
