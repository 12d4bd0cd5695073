"""The race: on panels like this one, which estimator errs least? Nothing treated is looked at."""
