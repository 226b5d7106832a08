"""Run the building in the foreground: python -m scanner.lab --seconds 600

Prints one line for each unit, then `ready`, on standard output.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import click

from scanner.lab.building import NETWORK, Building


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(1, 86_400),
    default=600.0,
    show_default=True,
    help="How long it stands.",
)
@click.option(
    "--network", default=NETWORK, show_default=True, help="A loopback network, or with --namespaces any."
)
@click.option("--units", type=click.IntRange(1, 65_000), help="How many units, repeated as needed.")
@click.option(
    "--namespaces", is_flag=True, help="One network namespace and MAC address for each unit; needs root."
)
def main(seconds: float, network: str, units: int | None, namespaces: bool) -> None:
    """Let the simulated building stand for a while."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(stand(seconds, network, units, namespaces))


async def stand(seconds: float, network: str, units: int | None, namespaces: bool) -> None:
    """Serve the building until the time is over, or somebody interrupts."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    if namespaces:
        from scanner.lab.namespaces import NETWORK as BRIDGED
        from scanner.lab.namespaces import NamespaceBuilding

        inside = NamespaceBuilding(units, BRIDGED if network == NETWORK else network)
        note = f"; scan with: ip netns exec {inside.scanner_namespace} ..."
        building: Building = inside
    else:
        building, note = Building.loopback(network, units), ""
    async with building:
        for unit in building.units:
            print_line(f"{unit.words['address']:15}  {unit.row.mac}  {unit.name}")
        print_line(f"ready: {len(building.units)} units for {seconds:g} s{note}")
        await asyncio.sleep(seconds)


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
