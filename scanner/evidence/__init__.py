"""Evidence that an auditor can check without us: the log in which nothing can be changed unseen, and what hangs on it.

    changes ─► entries (log) ─┐
    replies ─► leaves (seals) ├─► head of the log, printed with every report
    people  ─► removals ──────┘

Pure functions over what the inventory holds: no sockets, no clock. scanner.inventory.log keeps the entries.
docs/reference/log.md describes the format.
"""
