"""How fast the grabs are: python -m tests.benchmarks.grabs [--units 200] [--nmap]

As root, in a network namespace of its own that has only loopback. A second process answers as that many cameras,
with a web server and a stream server each; its processor time is not counted. Prints, for one run:

    one page a unit         conversations with a single GET, as many at once as the fast profile allows
    a full grab             everything that is asked on the two ports, at `--profile fast`
    nmap -sV                the same two ports (with --nmap: about two minutes for 200 units)
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable

from scanner.model import Attempt, Endpoint, Observation
from scanner.net.conversation import Conversation, Patience
from scanner.net.grab import grab
from scanner.net.pacing import PROFILES, Pace
from scanner.probes import web

NEWNET = 0x40000000
WEB, STREAM = 80, 554
PAGE = b"<!doctype html><html><head><title></title><script>location.href='/doc/page/login.asp?_'</script></head></html>"
FRONT = (
    b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    % len(PAGE)
    + PAGE
)
CHALLENGE = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="IP Camera(C1)"\r\nContent-Length: 0\r\n\r\n'
NO_METHOD = b"RTSP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def addresses(count: int) -> list[str]:
    return [f"127.78.{number // 250}.{number % 250 + 1}" for number in range(count)]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A camera of the App-webs generation, on both ports; what is neither HTTP nor RTSP is hung up on."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if b" RTSP/1.0\r\n" in head:
                writer.write(CHALLENGE.replace(b"HTTP/1.1", b"RTSP/1.0"))
            elif writer.get_extra_info("sockname")[1] == STREAM:
                writer.write(NO_METHOD)
                break
            elif head.startswith(b"POST"):
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                writer.write(CHALLENGE)
            else:
                writer.write(CHALLENGE if b"deviceInfo" in head else FRONT)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    writer.close()


async def answer_all(count: int) -> None:
    for address in addresses(count):
        for port in (WEB, STREAM):
            await asyncio.start_server(answer, address, port, backlog=64)
    print("ready", flush=True)
    await asyncio.sleep(900)


async def timed(
    name: str, units: Iterable[str], work: Callable[[str], Awaitable[int]], at_once: int
) -> float:
    """Do the work for every unit and print what it cost."""
    places, cpu, wall = asyncio.Semaphore(at_once), time.process_time(), time.perf_counter()

    async def one(address: str) -> int:
        async with places:
            return await work(address)

    replies = sum(await asyncio.gather(*map(one, units)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(
        f"{name:<18} {replies:>6} replies  {wall:7.2f} s  {replies / wall:7.0f}/s"
        f"  CPU {cpu:6.2f} s  {cpu / replies * 1000:6.3f} ms a reply  {replies / cpu:7.0f} a core and second"
    )
    return wall


async def measure(count: int) -> float:
    fast = PROFILES["fast"]

    async def one_page(address: str) -> int:
        async with Conversation(Endpoint(address), WEB, unbounded, Patience()) as talk:
            reply, _ = await talk.ask(web.page("/", address))
            return int(reply == FRONT)

    async def full(address: str) -> int:
        heard: list[Observation] = []
        lost: list[Attempt] = []
        await grab(Endpoint(address), (WEB, STREAM), pace=pace, hear=heard.append, settle=lost.append)
        assert not lost, lost
        return len(heard)

    unbounded, pace = Pace(1e6, 1e6), Pace(fast.rate, fast.device_rate)
    await timed("one page a unit", addresses(count) * 10, one_page, fast.devices_at_once)
    wall = await timed("a full grab", addresses(count), full, fast.devices_at_once)
    print(
        f"{'':18} sent {dict(pace.sent)}, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
    return wall


def nmap(count: int) -> float:
    started = time.perf_counter()
    command = ["nmap", "-sV", "-T4", "-n", "-Pn", "-p", f"{WEB},{STREAM}", *addresses(count)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=800)
    wall = time.perf_counter() - started
    print(f"{'nmap -sV -T4':<18} {'':14}  {wall:7.2f} s")
    return wall


def main() -> None:
    reading = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reading.add_argument("--units", type=int, default=200)
    reading.add_argument("--nmap", action="store_true")
    reading.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = reading.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if options.answer:
        asyncio.run(answer_all(options.units))
        return
    if ctypes.CDLL(None, use_errno=True).unshare(NEWNET) != 0:
        sys.exit("needs root, to work in a network namespace of its own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ["CAMCENSUS_CONFINE"] = "127.0.0.0/8"
    cameras = [sys.executable, "-m", __spec__.name, "--answer", "--units", str(options.units)]
    with subprocess.Popen(cameras, stdout=subprocess.PIPE) as answering:
        try:
            assert answering.stdout is not None and answering.stdout.readline() == b"ready\n"
            wall = asyncio.run(measure(options.units))
            if options.nmap:
                print(f"{'ratio':<18} {nmap(options.units) / wall:.0f} x faster (goal: 20 x)")
        finally:
            answering.terminate()


if __name__ == "__main__":
    main()
