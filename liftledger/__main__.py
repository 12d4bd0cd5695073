"""`python -m liftledger` is `liftledger`."""

from liftledger.command_line import main

main()
