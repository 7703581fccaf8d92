"""What Lambda's Python runtime does: import the handler, ask the Runtime API for an event, answer, ask again."""

import http.client
import importlib
import json
import os
import sys

# A deployed package has no cache either.
sys.dont_write_bytecode = True


def main(handler):
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = runtime.getresponse()
        event = json.loads(answer.read())
        invocation = "/2018-06-01/runtime/invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            body, way = handler(event, None), "/response"
        except Exception as error:
            body, way = {"errorType": type(error).__name__, "errorMessage": str(error)}, "/error"
        runtime.request("POST", invocation + way, json.dumps(body).encode())
        runtime.getresponse().read()


main(importlib.import_module(sys.argv[1]).handler)
