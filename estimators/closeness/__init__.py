"""What DWCP's targets have in common: which cells share a fit, and how λ are chosen."""
