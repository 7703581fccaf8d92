"""Lists what is in each package: python3 sbom.py FOLDER TARGET FUNCTION..

Writes FOLDER/FUNCTION.cdx.json for each FOLDER/FUNCTION.zip, in CycloneDX 1.6, and FOLDER/SHA256SUMS of all. TARGET is the platform that
the binaries were built for. What is listed is what cargo compiles into these functions when it builds them together: neither what a
build alone needs, nor what other parts of the workspace ask of the same crates. The same packages give the same bytes.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid

WORKSPACE = pathlib.Path(__file__).resolve().parent.parent
STANDARD_LIBRARY = "rust-std"


def ask(*command):
    """What a program prints."""
    ran = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"{' '.join(command[:2])} failed: {ran.stderr.strip()}")
    return ran.stdout


def read_tree(target, functions):
    """The licence of each package, and the packages that it depends on."""
    asked = ["cargo", "tree", "--locked", "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "depth"]
    named = [part for function in functions for part in ("--package", function)]
    licences, needs, above = {}, {}, []
    for line in ask(*asked, "--format", "|{p}|{l}|", *named).splitlines():
        if not line.strip():
            continue
        depth, package, licence, _ = line.split("|")
        name, version = package.split(" ")[:2]
        is_ours = "(" in package
        package = (name, version.removeprefix("v"), is_ours)
        licences[package] = re.sub(r" ?/ ?", " OR ", licence)
        del above[int(depth):]
        if above:
            needs.setdefault(above[-1], set()).add(package)
        above.append(package)
    return licences, needs


def read_checksums():
    """The SHA-256 of each package of the registry, by name and version."""
    of_package = r'name = "(.+)"\nversion = "(.+)"\nsource = "registry.+"\nchecksum = "(.+)"'
    return {(name, version): it for name, version, it in re.findall(of_package, (WORKSPACE / "Cargo.lock").read_text())}


def reference(package):
    name, version, is_ours = package
    return f"signalbox:{name}@{version}" if is_ours else f"pkg:cargo/{name}@{version}"


def component(package, licence, checksums):
    """A package as CycloneDX has it. Ours are in no registry, so that they have no URL there."""
    name, version, is_ours = package
    of_registry = {} if is_ours else {
        "purl": reference(package),
        "hashes": [{"alg": "SHA-256", "content": checksums[name, version]}],
    }
    licences = {"licenses": [{"expression": licence}]} if licence else {}
    return {"type": "library", "bom-ref": reference(package), "name": name, "version": version, **licences, **of_registry}


def reached_from(root, needs):
    """What is compiled into a function, itself left out."""
    found, ahead = set(), [root]
    while ahead:
        for package in needs.get(ahead.pop(), ()):
            if package not in found:
                found.add(package)
                ahead.append(package)
    return found


def bill(root, target, compiler, licences, needs, checksums, content):
    """What the package of one function consists of."""
    digest, of = hashlib.sha256(content).hexdigest(), reached_from(root, needs)
    standard = f"{STANDARD_LIBRARY}@{compiler}"
    packages = [component(package, licences[package], checksums) for package in sorted(of)]
    packages.append({
        "type": "library", "bom-ref": standard, "name": STANDARD_LIBRARY, "version": compiler,
        "licenses": [{"expression": "MIT OR Apache-2.0"}], "purl": f"pkg:generic/{standard}",
    })
    depends = [{"ref": reference(it), "dependsOn": sorted(map(reference, needs.get(it, ())))} for it in sorted(of | {root})]
    depends[[it["ref"] for it in depends].index(reference(root))]["dependsOn"].append(standard)
    function = {**component(root, licences[root], checksums), "type": "application"}
    function["hashes"] = [{"alg": "SHA-256", "content": digest}]
    function["properties"] = [{"name": "cargo:target", "value": target}]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # One for each content, and no other: a time or a random number would differ from build to build.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sha256:{digest}')}",
        "version": 1,
        "metadata": {"component": function},
        "components": packages,
        "dependencies": depends,
    }


def main(folder, target, *functions):
    folder, sums = pathlib.Path(folder), []
    licences, needs = read_tree(target, functions)
    checksums, compiler = read_checksums(), ask("rustc", "--version").split()[1]
    for function in sorted(functions):
        root = next(package for package in licences if package[0] == function)
        content = (folder / f"{function}.zip").read_bytes()
        listed = bill(root, target, compiler, licences, needs, checksums, content)
        text = json.dumps(listed, indent=1) + "\n"
        (folder / f"{function}.cdx.json").write_text(text)
        for name, content in ((f"{function}.cdx.json", text.encode()), (f"{function}.zip", content)):
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums))
    print(f"{folder}/SHA256SUMS: {len(functions)} packages, with what each consists of in NAME.cdx.json")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
