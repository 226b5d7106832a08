"""A bundle: a part of the inventory with its proofs, in one signed file that stands on its own.

    devices, verdicts, runs, replies, removals, log (parts) ─► without what is kept back (redaction) ─► making ─► ZIP

scanner.evidence.archive and scanner.evidence.checking know the format; docs/reference/bundle.md describes it.
"""
