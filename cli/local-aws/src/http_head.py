"""The first lines of an answer, of a server that closes each connection after one request."""

from email.utils import formatdate
from http import HTTPStatus

WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


def head_of(status, reason, fields, length):
    """Where no length is told, the end of the connection is that of the answer."""
    given = {name.lower() for name, _ in fields}
    fields = [(name, value) for name, value in fields if name.lower() != "connection"] + [("Connection", "close")]
    if "date" not in given:
        fields.append(("Date", formatdate(usegmt=True)))
    if length is not None and "content-length" not in given and status not in WITHOUT_BODY:
        fields.append(("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {status} {reason}\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"]
    return "".join(lines).encode("latin-1")
