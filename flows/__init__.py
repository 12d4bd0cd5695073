"""What runs, in which order. Nothing is computed here."""
