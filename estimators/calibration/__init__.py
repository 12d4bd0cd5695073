"""The exam: simulated panels, a user's own, and what inference is worth there."""
