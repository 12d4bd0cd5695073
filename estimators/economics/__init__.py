"""What effects are worth: units, revenue, margin and return, alone and over several outcomes."""
