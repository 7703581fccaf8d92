"""Serves moto in one thread, one request after the other, each on a connection of its own.

moto keeps its state in plain dictionaries: a request that changes one while another walks through it is answered with 500. Requests
side by side would gain nothing, since one thread of Python runs at a time. werkzeug's own server starts a thread for each
connection, and costs as much as moto itself. What calls is the endpoint of this crate: its requests have their length, and are not
sent in chunks.
"""

import functools
import io
import socket
import sys
import traceback
from urllib.parse import unquote_to_bytes

from http_head import head_of

# What moto plays, by its own names.
SERVICES = ("ebs", "ec2", "ecr", "emr", "kms", "organizations", "rds", "ssm", "sso-admin", "sts")
PATIENCE = 60  # seconds for one who has connected and says nothing


def load():
    """moto's application, with everything in it that a request would load."""
    from moto import backends
    from moto.core import responses
    from moto.core.serialize import XFormedAttributePicker
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto_mends import mend

    mend()
    for service in SERVICES:
        backends.get_backend(service)
    # For each request, moto reads its own folder to know its services, compares the host with each of their URLs, lists the
    # methods of a class, and makes up a dozen names by which an object may have what a member of its answer says.
    services = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: services
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    XFormedAttributePicker.get_possible_keys = known(XFormedAttributePicker.get_possible_keys)
    app = DomainDispatcherApplication(create_backend_app)
    app.get_backend_for_host = functools.lru_cache(1024)(app.get_backend_for_host)
    return app


def known(possible_keys):
    """The same, made up once: it depends on the class of an object and on the member, which moto keeps."""
    names = {}

    def get_possible_keys(self, context):
        of = (type(context.obj), context.shape, context.key)
        if of not in names:
            names[of] = tuple(dict.fromkeys(possible_keys(self, context)))
        return names[of]

    return get_possible_keys


def serve(fd, app):
    listener = socket.socket(fileno=fd)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            try:
                answer(connection, app)
            except OSError:
                pass  # the other side has gone


def answer(connection, app):
    head, rest = read_head(connection)
    if head is None:
        return
    line, *fields = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ", 2)
    environ = environ_of(method, target, fields)
    length = int(environ.get("CONTENT_LENGTH") or 0)
    while len(rest) < length:
        more = connection.recv(max(65536, length - len(rest)))
        if not more:
            return
        rest += more
    environ["wsgi.input"] = io.BytesIO(rest)
    status, fields, body = ask(app, environ)
    number, _, reason = status.partition(" ")
    connection.sendall(head_of(int(number), reason, fields, len(body)) + (b"" if method == "HEAD" else body))


def read_head(connection):
    """The first lines of a request, and what of its body came with them; none where there is no request."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = connection.recv(65536)
        if not more:
            return None, b""
        read += more
    head, _, rest = read.partition(b"\r\n\r\n")
    return head, rest


def environ_of(method, target, fields):
    """What WSGI makes of a request (PEP 3333), and the target as it came, which moto looks at."""
    path, _, query = target.partition("?")
    environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    for field in fields:
        name, _, value = field.partition(":")
        key, value = name.upper().replace("-", "_"), value.strip()
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def ask(app, environ):
    """Status, headers and body; 500 where the application fails, with what it was in the log."""
    said = []

    def start_response(status, fields, _failure=None):
        said[:] = [status, fields]

    try:
        parts = app(environ, start_response)
        body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        return *said, body
    except Exception:
        traceback.print_exc()
        return "500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")], traceback.format_exc(limit=-1).encode()
