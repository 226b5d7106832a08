"""`camcensus removal`: what was taken out, and what the evidence says of it.

Each command of the group lives in a file of its own, imported on first use.
"""

from __future__ import annotations

import click

from scanner.cli.groups import ImportedOnUse

COMMANDS = {
    # command   module, and name in it
    "record":   ("scanner.cli.removal.record",   "record"),
    "import":   ("scanner.cli.removal.record",   "import_"),
    "list":     ("scanner.cli.removal.show",     "list_"),
    "show":     ("scanner.cli.removal.show",     "show"),
    "undo":     ("scanner.cli.removal.record",   "undo"),
    "check":    ("scanner.cli.removal.check",    "check"),
    "policies": ("scanner.cli.removal.check",    "policies"),
    "document": ("scanner.cli.removal.document", "document"),
    "verdict":  ("scanner.cli.removal.verdict",  "verdict"),
}  # fmt: skip


@click.group(cls=ImportedOnUse, places=COMMANDS)
def removal() -> None:
    """Record what was taken out, and say what the evidence for it is worth.

    \b
    $ camcensus removal record 10.20.0.32 --at 2026-03-02 --removed-by "A. Fitter, Example Ltd" --disposal destroyed
    $ camcensus removal list
    $ camcensus removal verdict
    $ camcensus removal verdict 10.20.0.32 --rule strict.toml
    """
