"""Says what to deploy: python3 parameters.py FUNCTION.. -- NAME=value.. FUNCTION.NAME=value..

Prints a line for each function whose template has everything that it needs: its name, and those of the given parameters that it
takes. A function that was given nothing of its own is left out, and one that was given a part is an error.
"""

import pathlib
import re
import sys

# What `make deploy` gives by itself.
CODE = {"CodeBucket", "CodeKey"}


def parameters_of(template):
    """The names of the template's parameters, each with whether it has a default."""
    section = re.search(r"^Parameters:\n(.*?)^\S", template, re.M | re.S)
    blocks = re.split(r"^  (\w+):\n", section[1], flags=re.M)[1:]
    return {name: "\n    Default:" in "\n" + block for name, block in zip(blocks[::2], blocks[1::2])}


def known_to(function):
    """The names of the parameters of a function's template, each with whether it has a default."""
    return parameters_of((pathlib.Path(__file__).parent / f"{function}.yaml").read_text())


def choose(functions, given):
    """The functions to deploy, each with its own parameters of those that are given."""
    chosen = {}
    of_all, of_one = {}, {}
    for name, value in (pair.split("=", 1) for pair in given):
        function, _, name = name.rpartition(".")
        (of_one.setdefault(function, {}) if function else of_all)[name] = value
    for function in functions:
        known = known_to(function)
        own = {name: value for name, value in of_all.items() if name in known} | of_one.get(function, {})
        needed = {name for name, has_default in known.items() if not has_default} - CODE
        missing, unknown = needed - own.keys(), own.keys() - known.keys()
        if unknown:
            sys.exit(f"make deploy: infra/{function}.yaml has no parameter {', '.join(sorted(unknown))}")
        if missing and (needed & own.keys() or function in of_one):
            sys.exit(f"make deploy: {function} needs {', '.join(sorted(missing))} too")
        if missing:
            print(f"{function} is left out: it needs {', '.join(sorted(missing))}", file=sys.stderr)
        else:
            chosen[function] = own
    return chosen


if __name__ == "__main__":
    at = sys.argv.index("--")
    for function, own in choose(sys.argv[1:at], sys.argv[at + 1:]).items():
        print(function, *(f"{name}={value}" for name, value in own.items()))
