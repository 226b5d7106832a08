"""Gone, or only not seen: what the runs after a removal prove.

    runs, sightings, removals (told) ─► how well each run looked (looks) ─► verdict with reasons (judging)
                                        rule.toml ─► the numbers ──────────┘

docs/explanation/removal.md explains it to whoever has to believe it.
"""
