"""Runs ministack and moto on loopback, and ends them when its standard input ends.

The pipe on standard input is held by the process that started this one, so the operating system itself
tells of its death, however it died. Everything here runs in one process group, because ministack leaves
the functions that it runs behind: the group is ended as a whole, this process last.

Both servers inherit a socket that already listens, so no port is guessed and none can be taken meanwhile.
"""

import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

GRACE = 0.5  # seconds between SIGTERM and SIGKILL; the state is in memory only, so there is nothing to save


def run_ministack(fd):
    import asyncio

    from ministack.app import app
    import iam_mends
    import ministack_event_mends
    import ministack_lambda_mends
    import ministack_mends
    import ministack_server
    import patching_mends
    import pipeline_mends
    import workflow_mends

    ministack_mends.mend()
    ministack_lambda_mends.mend()
    ministack_event_mends.mend()
    iam_mends.mend()
    pipeline_mends.mend()
    patching_mends.mend()
    workflow_mends.mend()
    spare_what_stays()
    asyncio.run(ministack_server.serve(fd, iam_mends.with_authorization(app)))


def run_moto(fd):
    import moto_server

    app = moto_server.load()
    spare_what_stays()
    moto_server.serve(fd, app)


def spare_what_stays():
    """What was imported stays to the end, so that looking for garbage in it is vain; and there is little garbage in circles."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


SERVERS = {"ministack": run_ministack, "moto": run_moto}


class Supervisor:
    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.children = {}
        self.ending = threading.Lock()

    def start(self):
        ports = {}
        for name in SERVERS:
            with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
                with open(self.log_of(name), "wb") as log:
                    self.children[name] = subprocess.Popen(
                        [sys.executable, __file__, name, str(server.fileno())],
                        pass_fds=[server.fileno()],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )
                ports[name] = server.getsockname()[1]
        say(ports)
        for name in SERVERS:
            threading.Thread(target=self.watch, args=[name], daemon=True).start()

    def log_of(self, name):
        return os.path.join(self.run_dir, f"{name}.log")

    def watch(self, name):
        status = self.children[name].wait()
        if self.ending.locked():
            return
        with open(self.log_of(name), errors="replace") as log:
            say({"died": name, "status": status, "log": log.read()[-2000:]})
        self.end()

    def end(self, *_signal):
        if not self.ending.acquire(blocking=False):
            return
        group = os.getpgrp()
        os.killpg(group, signal.SIGTERM)
        for child in self.children.values():
            try:
                child.wait(GRACE)
            except subprocess.TimeoutExpired:
                pass
        shutil.rmtree(self.run_dir, ignore_errors=True)
        os.killpg(group, signal.SIGKILL)


def say(line):
    try:
        print(json.dumps(line), flush=True)
    except OSError:
        pass  # nobody listens any more, and standard input is about to say so


def main():
    if len(sys.argv) == 3:
        SERVERS[sys.argv[1]](int(sys.argv[2]))
        return
    supervisor = Supervisor(sys.argv[1])
    signal.signal(signal.SIGTERM, supervisor.end)
    signal.signal(signal.SIGINT, supervisor.end)
    supervisor.start()
    while os.read(0, 4096):
        pass
    supervisor.end()


main()
