#!/usr/bin/env -S python3 -B
"""every_key.json has every key that RegisterTaskDefinition takes, nested ones too, and keys at every level that it
does not: held against the service models that botocore and the AWS CLI bring. Left out where none is installed."""
import glob
import gzip
import json
import os
import sys

PLACES = (
    "/usr/lib/python3/dist-packages/botocore/data",
    "/usr/lib/python3/dist-packages/awscli/botocore/data",
    "/usr/share/awscli/botocore/data",
)
UNKNOWN = "aKeyOfTomorrow"


def models():
    for place in PLACES:
        for path in glob.glob(place + "/ecs/2014-11-13/service-2.json*"):
            with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
                yield path, json.load(file)["shapes"]


def missing(shapes, name, values, path):
    """The paths below this shape that none of the values has."""
    shape = shapes[name]
    if shape["type"] == "structure":
        if not any(UNKNOWN in value for value in values):
            yield path + "/" + UNKNOWN
        for key, member in shape["members"].items():
            below = [value[key] for value in values if key in value]
            if below:
                yield from missing(shapes, member["shape"], below, path + "/" + key)
            else:
                yield path + "/" + key
    elif shape["type"] == "list":
        below = [item for value in values for item in value]
        if below:
            yield from missing(shapes, shape["member"]["shape"], below, path + "[]")
        else:
            yield path + "[]"


def main():
    top = os.environ.get("top_srcdir", ".")
    with open(top + "/tests/experiment/data/every_key.json", encoding="utf-8") as file:
        document = json.load(file)
    given = dict(document["taskDefinition"], tags=document["tags"])
    found = list(models())
    if not found:
        print("no service model of ECS is installed (awscli or python3-botocore): left out")
        sys.exit(77)
    for path, shapes in found:
        lacking = list(missing(shapes, "RegisterTaskDefinitionRequest", [given], ""))
        if lacking:
            sys.exit(f"{path}: every_key.json lacks {', '.join(lacking)}")
        print(f"{path}: every key is there")


main()
