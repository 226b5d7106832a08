"""A real browser to press keys in: headless Chromium over its DevTools pipe, one page at a time, no network.

The protocol is JSON with a zero byte behind each message, on file descriptors 3 and 4 of the browser
(--remote-debugging-pipe); nothing listens on a port.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAINTED = (
    "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
)
KEYS = {"Tab": 9, "Enter": 13, " ": 32}


class Browser:
    """A page in a browser. `wait` is how many seconds anything may take."""

    def __init__(self, read: int, write: int, wait: float) -> None:
        self._read, self._write, self._wait, self._number = read, write, wait, 0
        self._pending, self._session, self.log = b"", "", list[str]()
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Log", "Performance"):
            self.tell(f"{part}.enable")

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                if "error" in heard:
                    raise RuntimeError(heard["error"])
                result: dict[str, Any] = heard["result"]
                return result

    def open(self, address: str) -> float:
        """Open an address, and return the milliseconds until it was painted, as the page's own clock has them."""
        self.tell("Page.navigate", url=address)
        while self._hear().get("method") != "Page.loadEventFired":
            pass
        return float(self.run(PAINTED))

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        done = self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"])
        return done["result"].get("value")

    def press(self, key: str) -> None:
        code = KEYS[key]
        text = {"text": "\r" if key == "Enter" else key} if key != "Tab" else {}
        named = {"key": key, "code": key if key != " " else "Space", "windowsVirtualKeyCode": code}
        self.tell("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **named)

    def _hear(self) -> dict[str, Any]:
        limit = time.monotonic() + self._wait
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._read], [], [], max(0.0, limit - time.monotonic()))
            if not ready or not (more := os.read(self._read, 1 << 20)):
                raise TimeoutError(f"the browser said nothing for {self._wait} s")
            self._pending += more
        first, _, self._pending = self._pending.partition(b"\0")
        heard: dict[str, Any] = json.loads(first)
        if heard.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.log.append(json.dumps(heard["params"]))
        return heard


@contextlib.contextmanager
def browser(profile: Path, *, wait: float = 60) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it."""
    assert CHROMIUM
    to_read, to_write = os.pipe(), os.pipe()
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={profile}", "--window-size=1280,900", "--remote-debugging-pipe", "about:blank",
    ]  # fmt: skip
    shell = f'exec "$@" 3<&{to_read[0]} 4>&{to_write[1]}'
    with subprocess.Popen(
        ["bash", "-c", shell, "chromium", *command],
        pass_fds=(to_read[0], to_write[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(to_read[0])
        os.close(to_write[1])
        try:
            yield Browser(to_write[0], to_read[1], wait)
        finally:
            process.terminate()
            process.wait(20)
            os.close(to_read[1])
            os.close(to_write[0])
