"""Our roll call of a link against arp-scan and nmap, in namespaces of their own. Start as root:

python -m tests.benchmarks.arp
"""

from __future__ import annotations

import argparse
import ipaddress
import sys

from tests.benchmarks.contest import Contender, Goal, arp_scan_hosts, camcensus, contest, nmap_hosts
from tests.benchmarks.testbed import alive, testbed

SMALL, LARGE = ipaddress.IPv4Network("10.77.0.0/24"), ipaddress.IPv4Network("10.77.0.0/20")


def arp_scan(name: str, net: ipaddress.IPv4Network, *arguments: str) -> Contender:
    """arp-scan, which counts answers from the networks it is given by itself."""
    return Contender(name, ("arp-scan", "-I", "s0", "--plain", *arguments, str(net)), arp_scan_hosts)


def nmap(name: str, net: ipaddress.IPv4Network, *arguments: str) -> Contender:
    return Contender(name, ("nmap", "-n", "-sn", "-PR", *arguments, "-oG", "-", str(net)), nmap_hosts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with testbed("on-link") as bed:
        small = contest(
            "ARP, /24, defaults (500 requests a second)",
            bed,
            [
                camcensus("camcensus gentle", "arp", SMALL, "--rate", 250),
                arp_scan("arp-scan", SMALL),
                nmap("nmap -sn -PR", SMALL),
            ],
            set(alive(SMALL)),
            [Goal("camcensus gentle", "arp-scan", "wall", 0.75)],
            rounds,
        )
        large = contest(
            "ARP, /20, fast (20,000 requests a second)",
            bed,
            [
                camcensus("camcensus fast", "arp", LARGE, "--rate", 10_000),
                arp_scan("arp-scan --interval=50u", LARGE, "--interval=50u"),
                nmap("nmap -sn -PR --min-rate 20000", LARGE, "--min-rate", "20000"),
            ],
            set(alive(LARGE)),
            [Goal("camcensus fast", "arp-scan --interval=50u", "wall", 0.6)],
            rounds,
        )
    sys.exit(not (small and large))


if __name__ == "__main__":
    main()
