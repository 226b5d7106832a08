"""XML from devices: whatever they send is read in bounded time and space, and entities do nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.xml import declaration, elements, prefix, root_tag
from tests.scanner.probes.hostile import STEALING_XML, XML_BOMB


def test_elements_come_in_order_without_their_prefixes() -> None:
    assert elements(b'<a:r xmlns:a="x"><a:b> 1 </a:b><c/><a:b>2</a:b></a:r>') == [("b", "1"), ("b", "2")]


def test_broken_xml_gives_its_whole_elements() -> None:
    assert elements(b"<r><model>A & B</model><name>caf\xe9 &amp; bar</name><serial>12") == [
        ("model", "A & B"),
        ("name", "café & bar"),
    ]


def test_a_fragment_with_undeclared_prefixes_is_read() -> None:
    assert elements(b"<d:Types>dn:NetworkVideoTransmitter</d:Types>") == [
        ("Types", "dn:NetworkVideoTransmitter")
    ]


def test_a_bomb_goes_off_nowhere_and_no_file_is_read() -> None:
    assert elements(XML_BOMB) == [("MAC", "44-47-cc-00-00-01"), ("DeviceDescription", "&k;")]
    assert elements(STEALING_XML) == [("modelName", "&x;")]
    assert all(len(text) < 1_000 for _, text in elements(XML_BOMB.decode().encode("utf-16")))


def test_the_root_tag_keeps_prefix_quotes_and_order() -> None:
    tag = "<env:Envelope xmlns:env='e' xmlns:tds=\"t\">"
    assert root_tag(b'<?xml version="1.0"?>\n<!-- x -->' + tag.encode() + b"<env:Body/>") == tag
    assert prefix(tag) == "env" and prefix("<Envelope>") == "" and root_tag(b"no markup") == ""


def test_the_blank_before_the_end_of_a_declaration_is_kept() -> None:
    assert (
        declaration(b'<?xml version="1.0" standalone="yes" ?><a/>')
        == '<?xml version="1.0" standalone="yes" ?>'
    )


@given(st.binary() | st.text(alphabet="<>/&;:!?[]='\" ax\n", max_size=200).map(str.encode))
def test_any_bytes_are_read_without_complaint(noise: bytes) -> None:
    elements(noise), root_tag(noise), declaration(noise)
