"""Asset registers and cable plans: tables that people keep, read with all their troubles and never executed.

    file ─► tables (rows of text, each with its place) ─► entries (fields with checked values), or a problem by cell

Nothing here touches the inventory or the network. docs/explanation/places.md says how the rows meet the devices.
"""
