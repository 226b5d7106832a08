"""Time stamps from an authority on loopback, made and verified by openssl."""

from __future__ import annotations

import http.server
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.bundle.stamping import ask, put, signature
from scanner.errors import CamcensusError
from scanner.evidence.checking import SIGNATURE
from scanner.evidence.timestamps import refusal
from tests.scanner.bundle.stage import Stage, contents, stage
from tests.scanner.bundle.test_making import commands, run, unpack

SETTINGS = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage(tmp_path_factory.mktemp("bundle"))


class Authority(http.server.ThreadingHTTPServer):
    """Answers each query as `openssl ts -reply` does."""

    folder: Path
    broken: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/tsa"


class Answers(http.server.BaseHTTPRequestHandler):
    server: Authority

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        folder = self.server.folder
        (folder / "query.tsq").write_bytes(query)
        done = subprocess.run(
            ["openssl", "ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf", "-out", "reply.tsr"],
            cwd=folder, capture_output=True, check=False,
        )  # fmt: skip
        answer = (folder / "reply.tsr").read_bytes() if done.returncode == 0 else b""
        self.send_response(503 if self.server.broken == "status" else 200)
        self.end_headers()
        self.wfile.write(b"not a token" if self.server.broken == "answer" else answer)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01")
    made = run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.pem -days 9999 "
        "-subj '/CN=Time' -addext 'extendedKeyUsage = critical, timeStamping'",
        folder,
    )
    assert made.returncode == 0, made.stderr
    with Authority(("127.0.0.1", 0), Answers) as server:
        server.folder = folder
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_token_from_an_authority_lies_in_the_bundle_and_openssl_verifies_it(
    made: Stage, authority: Authority, tmp_path: Path
) -> None:
    path = made.bundle("stamped.zip").path
    put(path, ask(authority.url, signature(path)))
    checked = made.check(path.read_bytes())
    assert checked.good and checked.token
    folder = unpack(path.read_bytes(), tmp_path)
    verify = next(line for line in commands((folder / "README.txt").read_text()) if "ts -verify" in line)
    done = run(verify.replace("AUTHORITY.pem", str(authority.folder / "tsa.pem")), folder)
    assert done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr
    (folder / SIGNATURE).write_bytes(bytes(64))
    assert run(verify.replace("AUTHORITY.pem", str(authority.folder / "tsa.pem")), folder).returncode != 0


def test_a_token_that_openssl_asked_for_can_be_put_in_too(
    made: Stage, authority: Authority, tmp_path: Path
) -> None:
    path = made.bundle("stamped.zip").path
    folder = unpack(path.read_bytes(), tmp_path)
    help_text = Path("scanner/cli/evidence.py")
    query = re.search(r"openssl ts -query .*", (Path(__file__).parents[3] / help_text).read_text())
    assert query and run(query[0], folder).returncode == 0
    reply = f"openssl ts -reply -queryfile {folder}/request.tsq -config tsa.cnf -out {folder}/answer.tsr"
    assert run(reply, authority.folder).returncode == 0
    put(path, (folder / "answer.tsr").read_bytes())
    assert made.check(path.read_bytes()).good


def test_a_token_about_something_else_is_refused_and_found(made: Stage, authority: Authority) -> None:
    path = made.bundle("other.zip").path
    token = ask(authority.url, b"something else")
    with pytest.raises(CamcensusError) as found:
        put(path, token)
    assert found.value.why == "it is about something else"
    from tests.scanner.bundle.test_tampering import packed

    broken = packed(contents(path.read_bytes()) | {"SHA256SUMS.sig.tsr": token}, path.with_name("broken.zip"))
    assert "about something else" in str(made.check(broken).faults[0])


@pytest.mark.parametrize(
    ("broken", "why"), [("status", "status 503"), ("answer", "no answer of a time-stamping authority")]
)
def test_an_authority_that_fails_leaves_the_bundle_as_it_is(
    made: Stage, authority: Authority, broken: str, why: str
) -> None:
    path = made.bundle("failed.zip").path
    before, authority.broken = path.read_bytes(), broken
    with pytest.raises(CamcensusError) as found:
        put(path, ask(authority.url, signature(path)))
    authority.broken = ""
    assert why in (found.value.why or "") and path.read_bytes() == before


def test_the_authority_hears_a_digest_and_nothing_else(made: Stage, authority: Authority) -> None:
    path = made.bundle("heard.zip").path
    ask(authority.url, signature(path))
    told = run("openssl ts -query -in query.tsq -text", authority.folder).stdout
    assert "Hash Algorithm: sha256" in told and "Certificate required: yes" in told
    assert len((authority.folder / "query.tsq").read_bytes()) < 80


@given(st.binary(max_size=200))
def test_any_bytes_are_politely_refused_as_a_token(noise: bytes) -> None:
    assert refusal(noise, b"content")
