"""Run one sweep or roll call in the namespace this process is in, and print what came of it as JSON.

python -m tests.benchmarks.run_engine half-open 10.77.0.0/24 --rate 1000
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import resource
import sys
import threading

import msgspec

from scanner.net.pacing import Pace
from scanner.net.sweep import LINK_LAYER, Answer, choose
from scanner.net.sweep.arp import arp_sweep
from tests.benchmarks.testbed import PORTS


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=["connect", "half-open", "nmap", "arp"])
    parser.add_argument("network", type=ipaddress.IPv4Network)
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--device-rate", type=float, default=1_000_000)
    parser.add_argument(
        "--ports", type=lambda text: [int(each) for each in text.split(",")], default=list(PORTS)
    )
    parser.add_argument("--interface", default="s0", help="for arp")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--stop-after", type=float, help="seconds after which the sweep is told to stop")
    given = parser.parse_args()

    pace, stop = Pace(given.rate, given.device_rate), threading.Event()
    spans = [(int(given.network.network_address), int(given.network.broadcast_address))]
    answers: list[Answer] = []
    neighbours: list[tuple[str, str]] = []
    if given.stop_after:
        timer = threading.Timer(given.stop_after, stop.set)
        timer.daemon = True
        timer.start()
    if given.engine == "arp":
        found = lambda address, mac: neighbours.append((address, mac))  # noqa: E731
        swept = arp_sweep(given.interface, spans, pace=pace, heard=found, stop=stop)
    else:
        engine = choose(given.engine)
        swept = engine.sweep(
            spans, given.ports, pace=pace, heard=answers.append, stop=stop, start=given.start
        )
    json.dump(
        {
            "swept": msgspec.to_builtins(swept),
            "open": [
                f"{each.address}:{each.port}" for each in answers if each.outcome == "answered" and each.port
            ],
            "refused": [f"{each.address}:{each.port}" for each in answers if each.outcome == "refused"],
            "neighbours": neighbours or [(a.address, a.mac) for a in answers if a.port == LINK_LAYER],
            "sent": dict(pace.sent),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
