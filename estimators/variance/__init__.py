"""How sure: placebo effects, variances from them, and what follows from a variance."""
