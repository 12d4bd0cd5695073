"""Ways out of the house: a message goes to people by e-mail and to programs by webhook.

This room knows neither the database nor Prefect. It sends one message once; who is told what, and
whether it is tried again, is decided above.
"""
