"""Checks the document on standard input, as JSON, against the schema that is named; prints what is wrong, if anything."""
import json
import pathlib
import sys


def kubernetes(document):
    import kubernetes_validate

    for resource in document:
        kubernetes_validate.validate(resource, "1.31", strict=True)


def compose(document):
    from compose_spec import PyCompose

    PyCompose.from_json(json.dumps(document))


def cyclonedx(document):
    import cyclonedx
    import jsonschema
    import referencing
    from referencing.jsonschema import DRAFT7

    folder = pathlib.Path(cyclonedx.__file__).parent / "schema" / "_res"
    read = lambda name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text())
    # It names the two others by their files.
    base = "http://cyclonedx.org/schema"
    others = [
        (f"{base}/{name}.SNAPSHOT.schema.json", DRAFT7.create_resource(read(name))) for name in ("spdx", "jsf-0.82")
    ]
    registry = referencing.Registry().with_resources(others)
    schema = {**read("bom-1.6"), "$id": f"{base}/bom-1.6.schema.json"}
    jsonschema.Draft7Validator(schema, registry=registry).validate(document)


try:
    {"kubernetes": kubernetes, "compose": compose, "cyclonedx": cyclonedx}[sys.argv[1]](json.load(sys.stdin))
except Exception as error:
    print(f"{type(error).__name__}: {str(error)[:2000]}")
    sys.exit(1)
