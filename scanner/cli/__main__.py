"""`python -m scanner.cli` is `camcensus`, for where the command is not on the path."""

from scanner.cli import main

main()
