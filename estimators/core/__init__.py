"""Shared words: panel, fit, effect, designs, placements, folds, errors."""
