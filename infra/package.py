"""Packages a function for Lambda: python3 package.py BINARY ZIP.

The binary becomes `bootstrap`, and the same binary gives the same bytes. To compress it takes half a minute, so that a zip stays that
has it already and is newer than what makes it. It may need no newer C library than
provided.al2023 has.
"""

import pathlib
import re
import sys
import zipfile

import zopfli.zlib

NEWEST_GLIBC = (2, 34)


class Zopfli:
    """Deflates some 4 % smaller than zlib does; what zipfile asks of a compressor."""

    def __init__(self):
        self.content = b""

    def compress(self, content):
        self.content += content
        return b""

    def flush(self):
        # As many blocks as are worth it: a program has many kinds of tables, and 15 are some 12 KB too few for it.
        stream = zopfli.zlib.compress(self.content, numiterations=5, blocksplittingmax=0)
        return stream[2:-4]  # zlib's header and checksum; a zip has its own


def has(archive, content):
    """Whether the zip holds just this program, by today's tools."""
    tools = [pathlib.Path(__file__), pathlib.Path(zopfli.zlib.__file__)]
    try:
        if any(it.stat().st_mtime > archive.stat().st_mtime for it in tools):
            return False
        with zipfile.ZipFile(archive) as package:
            return package.namelist() == ["bootstrap"] and package.read("bootstrap") == content
    except (OSError, zipfile.BadZipFile):
        return False


def main(binary, archive):
    content = pathlib.Path(binary).read_bytes()
    versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", content)
    needed = max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))
    if needed > NEWEST_GLIBC:
        sys.exit(f"{binary} needs glibc {needed[0]}.{needed[1]}, and provided.al2023 has 2.34: build it on Debian 12")
    archive = pathlib.Path(archive)
    if not has(archive, content):
        write(archive, content)
    size = archive.stat().st_size
    print(f"{archive}: {size / 1e6:.2f} MB, needs glibc {needed[0]}.{needed[1]}")


def write(archive, content):
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    zipfile._get_compressor = lambda *_: Zopfli()
    archive.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, where it is broken off.
    part = archive.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as package:
        package.writestr(entry, content)
    part.replace(archive)


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
