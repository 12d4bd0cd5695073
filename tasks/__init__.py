"""One step each: calls one function below, adds retries and a name a person can read."""
