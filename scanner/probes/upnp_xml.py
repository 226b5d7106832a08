"""The UPnP device description: the file that an SSDP reply points to.

On the wire   tcp, one GET of the LOCATION of a reply, only when that is the sender's own address.
Answers       XML with manufacturer, model and serial number. The device type alone is weak: unrelated makers share
              it. Embedded devices of a gateway come after the root device, whose values are the first ones.
Standard      UPnP Device Architecture 1.1, section 2.3.
"""

from __future__ import annotations

import msgspec

from scanner.probes.contract import Unreadable
from scanner.probes.text import decode, gather, loose_pairs
from scanner.probes.xml import elements

FIELDS = {
    "deviceType": "URN of the device type",
    "friendlyName": "name for people; often editable",
    "manufacturer": "maker or brand",
    "manufacturerURL": "its web site",
    "modelDescription": "model in words",
    "modelName": "model",
    "modelNumber": "model, or firmware",
    "modelURL": "web page of the model",
    "serialNumber": "serial number",
    "firmwareVersion": "firmware; not in the standard, but some state it",
    "softwareVersion": "the same, as Sonos calls it",
    "UDN": "unique device name",
    "UPC": "product code",
    "URLBase": "base of the addresses in the file",
    "presentationURL": "web page of the device",
    "serviceType": "each service",
    "serviceId": "each service's id",
    "text": "the file as text",
}


class Description(msgspec.Struct, frozen=True):
    """What the root device says of itself."""

    manufacturer: str
    model: str
    serial: str = ""
    name: str = ""
    device_type: str = ""


def read(payload: bytes) -> Description:
    found = {name: values[0] for name, values in fields(payload).items()}
    if not {"deviceType", "manufacturer", "modelName", "friendlyName"} & found.keys():
        raise Unreadable(f"expected a UPnP device description, got {payload[:40]!r}")
    return Description(
        manufacturer=found.get("manufacturer", ""),
        model=found.get("modelName", ""),
        serial=found.get("serialNumber", ""),
        name=found.get("friendlyName", ""),
        device_type=found.get("deviceType", ""),
    )


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    text = decode(payload)
    pairs = elements(payload) or loose_pairs(text)
    return gather([*(pair for pair in pairs if pair[0] in FIELDS and pair[0] != "text"), ("text", text)])
