"""The phase-out: what replaces each device, in which order, at what cost, and how far that has come.

    device ─► requirements ┐
    sites, flaws, ties     ├─► item (priority, state, dates) ─► quantities, budget, forecast
    people, workbooks      ┘

Pure functions over what the inventory holds; scanner.inventory.plan_items keeps the items, and `plan.of` reads all
that reports need. docs/how-to/plan-the-replacement.md shows it in use.
"""
