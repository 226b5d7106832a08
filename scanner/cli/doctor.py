"""`camcensus doctor`: say what this machine can do, and how to get what is missing."""

from __future__ import annotations

import click

COLOURS = {"ok": "green", "limited": "yellow", "missing": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as one JSON list.")
def doctor(as_json: bool) -> None:
    """Say what this machine can do, and how to get what is missing.

    Looks at privileges, interfaces, multicast, ports and programs. Sends nothing to any network.

    \b
    $ camcensus doctor
    """
    import msgspec

    from scanner.doctor import Check, examine
    from scanner.printable import printable

    def show(check: Check) -> None:
        state = click.style(f"{check.state:<8}", fg=COLOURS[check.state])
        click.echo(f"{state} {printable(check.subject):<22} {printable(check.found)}")
        if check.fix:
            click.echo(f"{'':<31} {click.style('fix:', bold=True)} {printable(check.fix)}")

    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(list(examine()))))
        return
    for check in examine():
        show(check)
