#!/usr/bin/env -S python3 -B
"""The services that --dependency knows are the AWS CLI's by name, and their variables those that SDKs read: held
against botocore, which makes them from its models. Left out where none is installed."""
import glob
import gzip
import json
import os
import subprocess
import sys

PLACES = (
    "/usr/lib/python3/dist-packages/botocore/data",
    "/usr/lib/python3/dist-packages/awscli/botocore/data",
    "/usr/share/awscli/botocore/data",
)
MANY = 40


def service_id(service):
    for place in PLACES:
        for path in sorted(glob.glob(f"{place}/{service}/*/service-2.json*"), reverse=True):
            with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
                return json.load(file)["metadata"]["serviceId"]
    return None


def main():
    program = os.path.join(os.environ.get("top_builddir", "."), "tests/experiment/print_dependencies")
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    if not any(os.path.isdir(place) for place in PLACES):
        print("no service models are installed (awscli or python3-botocore): left out")
        sys.exit(77)
    known = 0
    for line in lines:
        name, variable = line.split()
        identity = service_id(name)
        if identity is None:  # an older botocore
            print(f"{name}: not in these models")
            continue
        expected = "AWS_ENDPOINT_URL_" + identity.replace(" ", "_").upper()
        if variable != expected:
            sys.exit(f"{name}: {variable}, but SDKs read {expected}")
        known += 1
    if known < MANY or [line.split()[0] for line in lines] != sorted(line.split()[0] for line in lines):
        sys.exit(f"{known} services are known, or they do not stand by name")
    print(f"{known} services")


main()
