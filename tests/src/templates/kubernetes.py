"""Compares manifests with the schemas of Kubernetes: each document of each file named on the command line, for each version that is
named before `--`. It prints what it found and ends with 1 if that is anything.
"""

import sys

import kubernetes_validate
import yaml

separator = sys.argv.index("--")
found = []
for path in sys.argv[separator + 1 :]:
    with open(path, encoding="utf-8") as file:
        documents = [it for it in yaml.safe_load_all(file) if it is not None]
    if not documents:
        found.append(f"{path}: no document")
    for document in documents:
        for version in sys.argv[1:separator]:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                place = ".".join(str(it) for it in getattr(error, "path", []))
                found.append(f"{path}: {document.get('kind')} in {version}: {place}: {getattr(error, 'message', error)}")
print("\n".join(found))
sys.exit(1 if found else 0)
