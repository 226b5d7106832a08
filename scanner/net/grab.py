"""Grabs: one device asked on its open ports, one after another, each reply heard the moment it is there.

What is said to which port stands in `scanner.probes.ports`, what a web server is asked in `scanner.probes.web`.
A device that stops answering is left in peace: the rest of that port is not asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from urllib.parse import urlsplit

from scanner.model import Endpoint, Observation, Outcome, Protocol
from scanner.net.conversation import REPLY_LIMIT, Conversation, HungUp, Patience, Unanswered
from scanner.net.pacing import Pace
from scanner.net.visit import PATIENT, Hear, Settle, Visit, port_of
from scanner.probes import certificate, dvrip, message, onvif, rtsp, web
from scanner.probes.message import Framing
from scanner.probes.ports import Service, greeted_in, service

__all__ = ["fetch_description", "grab"]


async def grab(
    endpoint: Endpoint,
    ports: Sequence[int],
    *,
    pace: Pace,
    hear: Hear,
    settle: Settle,
    deep: bool = False,
    patience: Patience = PATIENT,
) -> None:
    """Ask one device on all its open ports.

    `hear` gets every reply; `settle` gets what brought none: a question without an answer, and a port of which only
    is known that it is open. `deep` also asks what takes a scarce connection of the device.
    """
    visit = Visit(endpoint, ports, pace, hear, settle, deep=deep, patience=patience)
    try:
        async with asyncio.timeout(patience.device):
            while visit.to_ask:
                port, spoken = next(iter(visit.to_ask.items()))
                await ask(visit, port, spoken)
                del visit.to_ask[port]
    except TimeoutError:
        for port, spoken in visit.to_ask.items():
            visit.settle(port, spoken, Outcome.CUT_SHORT)


async def fetch_description(url: str, *, pace: Pace) -> Observation | None:
    """The UPnP description at a URL whose host is a device itself; None when there is none to be had."""
    heard: list[Observation] = []
    visit = Visit(Endpoint(urlsplit(url).hostname or ""), (), pace, heard.append, lambda attempt: None)
    port, path = port_of(url), web.safe_path(url)
    if not path or service(port) in {"listen", "dvrip", "banner"}:
        return None
    async with visit.talk(port) as talk:
        with contextlib.suppress(Unanswered):
            await visit.follow(talk, web.page(path, visit.authority(port)))
    return heard[0] if heard else None


async def ask(visit: Visit, port: int, spoken: Service) -> None:
    """Say to one port what its service is asked."""
    async with visit.talk(port, encrypted=spoken in {"https", "tls"}) as talk:
        try:
            await speak(visit, talk, spoken)
        except Unanswered as ended:
            visit.settle(port, spoken, ended.outcome)


async def speak(visit: Visit, talk: Conversation, spoken: Service) -> None:
    match spoken:
        case "http":
            await find_out(visit, talk)
        case "https":
            if await shake_hands(visit, talk):
                await browse(visit, talk, "https")
        case "tls":
            if await shake_hands(visit, talk) and visit.deep:
                await browse(visit, talk, "https")
        case "rtsp":
            await describe_streams(visit, talk)
        case "onvif":
            await ask_onvif(visit, talk)
        case "upnp":
            await describe_device(visit, talk)
        case "dvrip" if visit.deep:
            await visit.put(talk, dvrip.REALM_REQUEST, dvrip.Frame(dvrip.REPLY_LIMIT), asked="dvrip")
        case "banner":
            if not await listen(visit, talk):
                raise Unanswered(Outcome.SILENT)
        case "unknown":
            if not await listen(visit, talk):
                await find_out(visit, talk)
        case _:
            await talk.open()
            visit.settle(talk.port, spoken, Outcome.ANSWERED)


async def browse(visit: Visit, talk: Conversation, scheme: str) -> Protocol | None:
    """Ask a web server: its front page up to the login, the makers' own pages, ONVIF, and its icon.

    Returns what the port speaks, as far as its first reply shows.
    """
    name = visit.authority(talk.port, scheme)
    first = await visit.put(talk, web.page("/", name))
    spoken, looks = web.what_it_is(first)
    if looks is Outcome.UNREADABLE or web.wants_encryption(first):
        return spoken if spoken != "http" else None
    if visit.seen_before(first, encrypted=scheme == "https"):
        return "http"
    front, url = await walk_to_login(visit, talk, first, f"{scheme}://{name}/")
    looks_like = web.leaning(first) or web.leaning(front)
    for question in web.makers_questions(looks_like, name) if front else ():
        await visit.try_to_put(talk, question)
    if looks_like != "other":
        await ask_onvif(visit, talk, scheme)  # in clear also where all pages have moved behind TLS
    if front:
        await visit.follow(talk, web.page(web.icon_path(front, url), name))
    return "http"


async def walk_to_login(visit: Visit, talk: Conversation, page: bytes, url: str) -> tuple[bytes, str]:
    """The last page on the way to the login and its URL; empty when the way leads to another port."""
    name, seen = urlsplit(url).netloc, {"/"}
    for _ in range(web.STEPS):
        ahead = web.leads_to(page, url)
        if not ahead or not visit.itself(ahead):
            break
        if port_of(ahead) != talk.port:
            return b"" if visit.plans(ahead) else page, url
        path = web.safe_path(ahead)
        if not path or path in seen or not (login := await visit.follow(talk, web.page(path, name))):
            break
        seen.add(path)
        page, url = login, ahead
    return page, url


async def ask_onvif(visit: Visit, talk: Conversation, scheme: str = "http") -> None:
    name = visit.authority(talk.port, scheme)
    for operation in onvif.OPERATIONS:
        reply = await visit.try_to_put(talk, onvif.question(operation, name, talk.port))
        if not reply or web.what_it_is(reply)[0] != "onvif":
            return  # no ONVIF here, so no second question


async def describe_streams(visit: Visit, talk: Conversation) -> None:
    name = visit.authority(talk.port, "rtsp")
    reply = b""
    for question in rtsp.questions(name):
        reply = await visit.put(talk, question, Framing(REPLY_LIMIT, bodies=False), asked="rtsp")
    if message.parse(reply).status == 404:
        await visit.put(talk, rtsp.second_try(name), Framing(REPLY_LIMIT, bodies=False), asked="rtsp")


async def describe_device(visit: Visit, talk: Conversation) -> None:
    name = visit.authority(talk.port)
    for path in web.DESCRIPTIONS:
        if message.parse(await visit.put(talk, web.page(path, name))).status == 200:
            return


async def shake_hands(visit: Visit, talk: Conversation) -> bool:
    """Tell the certificate; whether the handshake came through. A server that fails it is asked in older words."""
    for talk.modern in (True, False):
        try:
            der = await talk.certificate()
        except Unanswered as ended:
            shown = bool(certificate.extract(ended.heard))
            if not ended.heard and (not talk.modern or ended.outcome is not Outcome.REFUSED):
                raise
            if shown or (ended.heard and not talk.modern):
                outcome = Outcome.CUT_SHORT if shown else Outcome.UNREADABLE
                visit.tell(talk.port, "https-cert", "handshake", ended.heard, outcome)
                return False
        else:
            visit.tell(talk.port, "https-cert", "handshake", der, Outcome.ANSWERED)
            return True
    return False


async def listen(visit: Visit, talk: Conversation) -> bool:
    """Tell how a server greets; whether it did."""
    if said := await talk.greeting():
        protocol, outcome = greeted_in(talk.port, said)
        visit.tell(talk.port, protocol, "greeting", said, outcome)
    return bool(said)


async def find_out(visit: Visit, talk: Conversation) -> None:
    """Ask a port where a page is expected, or nothing is known: a page, then a stream, then a handshake."""
    try:
        spoken = await browse(visit, talk, "http")
    except HungUp:
        spoken = None  # on a question in clear
    if spoken == "rtsp":
        await describe_streams(visit, talk)
    elif spoken is None:
        await talk.close()
        async with visit.talk(talk.port, encrypted=True) as encrypted:
            if await shake_hands(visit, encrypted):
                await browse(visit, encrypted, "https")
