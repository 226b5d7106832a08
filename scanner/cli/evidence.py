"""`camcensus evidence`: keys, and bundles of evidence that anybody can check."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option, where_option

if TYPE_CHECKING:
    from scanner.evidence.checking import Checked

FOUND = 1  # exit status: it is not as it was signed, or not signed by whom it should be
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def evidence() -> None:
    """Hand over evidence that an auditor can check without us.

    \b
    $ camcensus evidence keygen auditor.key
    $ camcensus evidence bundle evidence.zip --key auditor.key
    $ camcensus evidence verify evidence.zip --key auditor.key.pub
    """


@evidence.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-file", type=FILE, metavar="PATH", help="Lock the key with the first line of this file."
)
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase to lock the key with.")
def keygen(file: Path, passphrase_file: Path | None, passphrase: bool) -> None:
    """Make an Ed25519 key to sign bundles with: FILE for you alone, FILE.pub for everybody.

    Tell whoever is to check your bundles its fingerprint by another way than the bundles take.

    \b
    $ camcensus evidence keygen auditor.key --passphrase
    """
    from scanner.evidence import keys

    secret = (
        click.prompt("Passphrase", hide_input=True, confirmation_prompt=True).encode() if passphrase else None
    )
    public = keys.generate(file, first_line(passphrase_file) or secret)
    click.echo(f"{keys.expected(str(public))}  {public}")


@evidence.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--key", type=FILE, required=True, metavar="PATH", help="Sign with this private key.")
@click.option(
    "--passphrase-file", type=FILE, metavar="PATH", help="The key is locked with the first line of this file."
)
@where_option
@click.option("--redact", metavar="WHAT,…", default="",
              help="Keep back addresses, names or serials; what is left is still proved.")  # fmt: skip
@click.option("--rule", type=FILE, metavar="PATH", help="Judge by the section [verification] of this file.")
@click.option(
    "--operator", default=getpass.getuser, show_default="you", help="Who hands it out, for the log."
)
@inventory_option
def bundle(
    file: Path, key: Path, passphrase_file: Path | None, where: str, redact: str, rule: Path | None, operator: str,
    inventory: Path,
) -> None:  # fmt: skip
    """Write a signed bundle of evidence to FILE: of all devices, or of those that --where chooses.

    It holds the devices, the verdicts, the records of removal with what is attached, the runs, the raw replies, and the
    log with its proofs. The same state of the inventory gives the same bytes. That it was handed out is an entry of the
    log.

    \b
    $ camcensus evidence bundle evidence.zip --key auditor.key
    $ camcensus evidence bundle leeds.zip --key auditor.key --where 'site = leeds' --redact addresses,names
    """
    from reports.pdf.evidence import render
    from scanner.bundle.making import make
    from scanner.cli.log import chosen_secrets
    from scanner.evidence import keys
    from scanner.inventory import open_inventory
    from scanner.verdict import rule as rules

    secrets = chosen_secrets(redact)
    opened_key = keys.private_key(key, first_line(passphrase_file))
    with open_inventory(inventory, create=False) as opened:
        chosen = {one.id for one in opened.each_device(where, evidence=False)} if where else None
        made = make(
            opened, file, opened_key, rules.read(rule) if rule else rules.usual(), render, by=operator, chosen=chosen,
            secrets=secrets,
        )  # fmt: skip
    click.echo(f"{made.path}: {made.devices:,} devices in {made.files:,} files")
    click.echo(f"signed with    {made.fingerprint}")
    click.echo(f"state of the log  {made.head}")


@evidence.command()
@click.argument("file", type=FILE)
@click.option(
    "--key",
    metavar="PATH|FINGERPRINT",
    help="Whose signature it should be: a public key, or its fingerprint.",
)
@click.option("--jsonl", is_flag=True, help="Write one JSON object instead.")
def verify(file: Path, key: str | None, jsonl: bool) -> None:
    """Check a bundle: every file, the signature, and that the parts prove each other.

    Without --key it can only say whose key signed, which proves nothing: anybody can make a key. Exits 1 when anything
    is not as it was signed, or when it was not signed with the key that was expected.

    \b
    $ camcensus evidence verify evidence.zip --key auditor.key.pub
    """
    import msgspec

    from scanner.evidence import keys
    from scanner.evidence.checking import check

    with file.open("rb") as content:
        checked = check(content, keys.expected(key) if key else None)
    if jsonl:
        sys.stdout.buffer.write(msgspec.json.encode(checked) + b"\n")
    else:
        tell(checked)
    if not checked.good:
        sys.exit(FOUND)


@evidence.command()
@click.argument("file", type=FILE)
@click.option(
    "--token", type=FILE, metavar="PATH", help="A token that was got elsewhere, as `openssl ts` writes it."
)
@click.option(
    "--tsa", metavar="URL", help="Get a token from this authority: it hears a digest and nothing else."
)
def stamp(file: Path, token: Path | None, tsa: str | None) -> None:
    """Put a time-stamp token (RFC 3161) into a bundle: proof that it was signed by then.

    One of --token and --tsa. The request for a token that is got elsewhere comes from the signature in the bundle:

    \b
    $ openssl ts -query -data SHA256SUMS.sig -sha256 -cert -out request.tsq
    $ camcensus evidence stamp evidence.zip --token answer.tsr
    $ camcensus evidence stamp evidence.zip --tsa https://tsa.example.org/
    """
    from scanner.bundle.stamping import ask, put, signature

    if (token is None) == (tsa is None):
        raise click.UsageError("give one of --token and --tsa")
    put(file, token.read_bytes() if token else ask(tsa or "", signature(file)))
    click.echo(f"{file}: the token is about this signature; README.txt says how to verify it")


@evidence.command()
@click.argument("file", type=FILE)
def show(file: Path) -> None:
    """Say what is in a bundle, once it is known to be as it was signed.

    \b
    $ camcensus evidence show evidence.zip
    """
    from reports.wording import shown
    from scanner.evidence.checking import check

    with file.open("rb") as content:
        checked = check(content)
    tell(checked)
    for name, value in checked.summary.items():
        click.echo(f"{name:<14} {shown(str(value), 400)}")
    if checked.faults:
        sys.exit(FOUND)


def tell(checked: Checked) -> None:
    from reports.wording import shown

    for fault in checked.faults:
        click.echo(f"WRONG  {shown(str(fault), 400)}")
    if checked.signed_by is None:
        click.echo("not signed")
        return
    told = {
        True: "the key that was expected",
        False: "NOT the key that was expected: do not trust it",
        None: "which proves nothing until it is compared with one you know: --key",
    }
    click.echo(f"signed with    {checked.signed_by}, {told[checked.trusted]}")
    if not checked.faults:
        click.echo(f"as it was signed: {checked.files:,} files, {checked.entries:,} entries of the log, "
                   f"{checked.replies:,} replies")  # fmt: skip
    if checked.token:
        click.echo("a time-stamp token is about this signature; README.txt says how to verify it")


def first_line(file: Path | None) -> bytes | None:
    return (file.read_bytes().splitlines() or [b""])[0] or None if file else None
