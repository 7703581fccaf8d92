"""Serves ministack, an application of ASGI, with one connection for each request.

What calls is the endpoint of this crate: its requests have their length, come in one piece, and ask to close the connection. hypercorn,
which ministack brings along, is made for much more, and costs as much CPU for a request as ministack itself.
"""

import asyncio
import socket
import traceback
from http.client import responses
from urllib.parse import unquote

from http_head import head_of

ASGI = {"version": "3.0", "spec_version": "2.1"}
BACKLOG = 1024


async def serve(fd, app):
    loop = asyncio.get_running_loop()
    application = await start(app)
    tasks = {application}
    server = await loop.create_server(lambda: Connection(app, tasks), sock=socket.socket(fileno=fd), backlog=BACKLOG)
    await server.serve_forever()


async def start(app):
    """Tells the application that it begins, and waits until it has; its task goes on to the end of this process."""
    messages, ready = iter([{"type": "lifespan.startup"}]), asyncio.Event()

    async def receive():
        message = next(messages, None)
        return message or await asyncio.get_running_loop().create_future()

    async def send(_message):
        ready.set()

    task = asyncio.create_task(app({"type": "lifespan", "asgi": ASGI, "state": {}}, receive, send))
    task.add_done_callback(lambda _: ready.set())
    await ready.wait()
    if task.done():
        raise RuntimeError("ministack did not start") from task.exception()
    return task


class Connection(asyncio.Protocol):
    def __init__(self, app, tasks):
        self.app, self.tasks = app, tasks
        self.scope, self.length, self.read = None, 0, bytearray()
        self.lost = asyncio.get_running_loop().create_future()
        self.head, self.is_asked = None, False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, _why):
        if not self.lost.done():
            self.lost.set_result({"type": "http.disconnect"})

    def data_received(self, data):
        self.read += data
        if self.scope is None:
            head, end, rest = self.read.partition(b"\r\n\r\n")
            if not end:
                return
            self.scope, self.length = scope_of(bytes(head), self.transport)
            self.read = rest
        if len(self.read) >= self.length and not self.is_asked:
            self.is_asked = True
            task = asyncio.create_task(self.answer(bytes(self.read)))
            # The loop itself would let go of it.
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def answer(self, body):
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            # What comes after the request is its end, when the other side has gone.
            return next(messages, None) or await asyncio.shield(self.lost)

        try:
            await self.app(self.scope, receive, self.send)
        except Exception:
            traceback.print_exc()
            if not self.transport.is_closing() and self.head is None:
                self.transport.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.transport.close()

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.head = message
            return
        part, more = message.get("body", b""), message.get("more_body", False)
        if self.scope["method"] == "HEAD":
            part = b""
        if self.head:
            # One packet for both: to write to a socket costs more than all else here.
            part = lines_of(self.head, None if more or self.scope["method"] == "HEAD" else len(part)) + part
            self.head = {}
        if not self.transport.is_closing():
            self.transport.write(part)


def scope_of(head, transport):
    """What ASGI makes of a request (https://asgi.readthedocs.io/en/latest/specs/www.html), and how long its body is."""
    line, *fields = head.split(b"\r\n")
    method, target, version = line.split(b" ", 2)
    path, _, query = target.partition(b"?")
    headers = [(name.lower(), value.strip()) for name, _, value in (field.partition(b":") for field in fields)]
    length = next((int(value) for name, value in headers if name == b"content-length"), 0)
    scope = {
        "type": "http",
        "asgi": ASGI,
        "http_version": version.removeprefix(b"HTTP/").decode(),
        "method": method.decode(),
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": transport.get_extra_info("peername"),
        "server": transport.get_extra_info("sockname"),
        "state": {},
        "extensions": {},
    }
    return scope, length


def lines_of(start, length):
    """The first lines of an answer that ASGI has begun."""
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", [])]
    return head_of(start["status"], responses.get(start["status"], ""), fields, length)
