"""The peer of the fleet: in each account and region, who the caller is, by botocove.

Arguments: how many threads, and the regions. It ends when its standard input does, as bench-fleet.
"""

import sys

from botocove import cove


def main(threads, *regions):
    @cove(thread_workers=int(threads), regions=list(regions))
    def ask(session):
        return session.client("sts").get_caller_identity()["Arn"]

    results = ask()["Results"]
    for result in results:
        print(result["Region"], result["Result"])
    print("done", len(results), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
