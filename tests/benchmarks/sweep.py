"""Our sweeps against nmap and masscan, in namespaces of their own. Start as root:

python -m tests.benchmarks.sweep --net 20
python -m tests.benchmarks.sweep --net 16
python -m tests.benchmarks.sweep --net 20 --loss 0.01
python -m tests.benchmarks.sweep --net 20 --on-link
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import sys

from tests.benchmarks.contest import Contender, Goal, camcensus, contest, masscan_ports, nmap_ports
from tests.benchmarks.testbed import OPEN, PORTS, SCANNER, Testbed, alive, testbed

ALL_PORTS = ",".join(map(str, PORTS))
NO_LIMIT = 5_000_000  # packets a second, more than any machine sends
ONCE_AGAIN = ("--max-retries", "1")


def nmap(name: str, net: str, *arguments: str) -> Contender:
    command = ("nmap", "-n", "-Pn", "-T4", *ONCE_AGAIN, *arguments, "-p", ALL_PORTS, "-oG", "-", net)
    return Contender(name, command, nmap_ports)


def masscan(name: str, bed: Testbed, net: str, rate: int) -> Contender:
    [router] = json.loads(bed.run(["ip", "-j", "link", "show", "t0"], namespace=bed.target))
    where = ("-e", "s0", "--adapter-ip", SCANNER, "--router-mac", router["address"])
    pace = ("--rate", str(rate), "--wait", "1")
    return Contender(name, ("masscan", net, "-p", ALL_PORTS, *where, *pace, "-oL", "-"), masscan_ports)


def small(bed: Testbed, net: str, expected: set[str], rounds: int) -> bool:
    """A /20 against nmap."""
    half_open = contest(
        "half-open, routed /20 x 5 ports",
        bed,
        [
            camcensus("camcensus half-open 10,000/s", "half-open", net, "--rate", 10_000),
            nmap("nmap -sS --min-rate 5000", net, "-sS", "--min-rate", "5000"),
        ],
        expected,
        [Goal("camcensus half-open 10,000/s", "nmap -sS --min-rate 5000", "wall", 1 / 3)],
        rounds,
    )
    connect = contest(
        "connect, routed /20 x 5 ports",
        bed,
        [
            camcensus("camcensus connect 10,000/s", "connect", net, "--rate", 10_000, "--device-rate", 500),
            nmap("nmap -sT --min-rate 5000", net, "-sT", "--min-rate", "5000"),
        ],
        expected,
        [
            Goal("camcensus connect 10,000/s", "nmap -sT --min-rate 5000", "wall", 0.40),
            Goal("camcensus connect 10,000/s", "nmap -sT --min-rate 5000", "cpu", 0.15),
        ],
        rounds,
    )
    return half_open and connect


def large(bed: Testbed, net: str, expected: set[str], rounds: int) -> bool:
    """A /16 against masscan, at one rate and without limit."""
    reached = True
    for title, rate, share in (("100,000/s", 100_000, 0.85), ("no limit", NO_LIMIT, 0.80)):
        ours, theirs = f"camcensus half-open {title}", f"masscan {title}"
        reached &= contest(
            f"half-open, routed /16 x 5 ports, {title}",
            bed,
            [camcensus(ours, "half-open", net, "--rate", rate), masscan(theirs, bed, net, rate)],
            expected,
            [Goal(ours, theirs, "wall", share), Goal(ours, theirs, "megabytes", 1.0)],
            rounds,
        )
    return reached


def on_link(bed: Testbed, net: str, expected: set[str], rounds: int) -> bool:
    """A /20 on our own link: where the neighbour table is small, who is complete?"""
    unprivileged = camcensus("", "connect", net, "--rate", 10_000).command
    without = ("setpriv", "--bounding-set=-net_raw", *unprivileged)
    ours = camcensus("camcensus connect, unprivileged", "connect", net)
    return contest(
        "connect, on-link /20 x 5 ports",
        bed,
        [
            Contender(ours.name, without, ours.found),
            camcensus("camcensus connect, with ARP", "connect", net, "--rate", 10_000),
            nmap("nmap -sT --disable-arp-ping", net, "-sT", "--disable-arp-ping", "--min-rate", "5000"),
        ],
        expected,
        rounds=rounds,
    )


def lossy(bed: Testbed, net: str, expected: set[str], rounds: int) -> bool:
    """What a lost packet costs: completeness, and probes."""
    return contest(
        f"half-open, routed /20 x 5 ports, {bed.loss:.0%} of our packets lost",
        bed,
        [
            camcensus("camcensus half-open 10,000/s", "half-open", net, "--rate", 10_000),
            camcensus("camcensus connect 10,000/s", "connect", net, "--rate", 10_000),
            nmap("nmap -sS --min-rate 5000", net, "-sS", "--min-rate", "5000"),
            masscan("masscan 10,000/s", bed, net, 10_000),
        ],
        expected,
        [Goal("camcensus half-open 10,000/s", "nmap -sS --min-rate 5000", "probes", 0.6)],
        rounds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--net", choices=["20", "16"], default="20")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--loss", type=float, default=0, help="share of our packets that are lost, as in 0.01"
    )
    parser.add_argument("--on-link", action="store_true", help="the network is our own, not behind a router")
    given = parser.parse_args()

    net = ipaddress.IPv4Network(f"10.77.0.0/{given.net}")
    expected = {f"{address}:{port}" for address in alive(net) for port in OPEN}
    trial = on_link if given.on_link else lossy if given.loss else large if given.net == "16" else small
    with testbed("on-link" if given.on_link else "routed", loss=given.loss) as bed:
        reached = trial(bed, str(net), expected, given.rounds)
    sys.exit(not reached)


if __name__ == "__main__":
    main()
