#!/usr/bin/env -S python3 -B
"""Writes core/api_services.c and core/api_routes.c from the service models of the botocore that is installed:
`core/api_services.py core`, then clang-format. Not part of the build: the two files are kept as they were
written."""
import gzip
import json
import pathlib
import re
import sys
import textwrap

import botocore

DATA = pathlib.Path(botocore.__file__).parent / "data"
# Which of several services with one signing name is meant where nothing else tells, and none has that name.
FIRST = ["elbv2"]
# The services that rules are mostly about: what operations they have is known.
KNOWN = """dynamodb dynamodbstreams sqs sns kinesis firehose secretsmanager ssm sts kms stepfunctions events logs ecs
    iam elb elbv2 cloudwatch autoscaling application-autoscaling s3control ecr""".split()
ROUTED = """s3 lambda fis apigateway apigatewayv2 eks efs batch route53 cloudfront scheduler bedrock-runtime bedrock
    bedrock-agent-runtime xray es opensearch iot-data sesv2""".split()
PROTOCOLS = {
    "json": "API_JSON",
    "rest-json": "API_REST_JSON",
    "query": "API_QUERY",
    "ec2": "API_EC2",
    "rest-xml": "API_REST_XML",
    "smithy-rpc-v2-cbor": "API_CBOR",
}


def models():
    for folder in sorted(DATA.iterdir()):
        versions = sorted(folder.glob("*/service-2.json.gz"))
        if versions:
            yield folder.name, json.load(gzip.open(versions[-1]))


def signing_name(model):
    return model["metadata"].get("signingName", model["metadata"]["endpointPrefix"])


def needs(model, operation):
    """What of a request must be there besides method and path: parameters of the query, and S3's copies."""
    members = model["shapes"].get(operation.get("input", {}).get("shape"), {})
    for name in members.get("required", []):
        member = members["members"][name]
        if member.get("location") == "querystring":
            yield member["locationName"]
        if member.get("locationName", "").lower() == "x-amz-copy-source":
            yield "!" + member["locationName"].lower()


def route(model, name):
    operation = model["operations"][name]
    path, _, query = operation["http"]["requestUri"].partition("?")
    path = re.sub(r"\{[^}]*\+\}", "{+}", path)
    path = re.sub(r"\{[^}+]+\}", "{}", path)
    wanted = [part for part in query.split("&") if part and part != "x-id=" + name]
    wanted += [part for part in needs(model, operation) if part not in wanted]
    return f'{operation["http"]["method"]} {path}{"?" if wanted else ""}{"&".join(wanted)} {name}'


def text(value):
    return "NULL" if value is None else f'"{value}"'


def c_name(folder):
    return "api_routes_" + folder.replace("-", "_")


def write(path, lines):
    path.write_text("\n".join(["/* Written by api_services.py from botocore " + botocore.__version__ + ". */"] + lines) + "\n")


def main():
    out = pathlib.Path(sys.argv[1])
    found = list(models())
    found.sort(key=lambda one: (one[0] != signing_name(one[1]), one[0] not in FIRST, one[0]))
    routes = ['#include "core/api_routes.h"', ""]
    header = []
    rows = []
    for folder, model in found:
        meta = model["metadata"]
        operations = '""'
        if folder in KNOWN:
            lines = textwrap.wrap(" ".join(sorted(model["operations"])), 90)
            operations = " ".join(f'"{line} "' for line in lines)
        if folder in ROUTED:
            header.append(f"extern const char {c_name(folder)}[];")
            routes.append(f"const char {c_name(folder)}[] =")
            routes += [f'    "{route(model, name)}\\n"' for name in sorted(model["operations"])]
            routes[-1] += ";"
        signing = signing_name(model)
        setting = re.sub(r"[ -]", "_", meta["serviceId"]).upper()
        prefix = meta.get("targetPrefix")
        rows.append(
            f'    {{{text(signing)}, {text(folder)}, {text(meta["endpointPrefix"])}, {text(setting)}, {text(prefix or "")}, '
            f'{PROTOCOLS[meta["protocol"]]}, {"true" if "awsQueryCompatible" in meta else "false"}, {operations}, '
            f'{c_name(folder) if folder in ROUTED else text("")}}},'
        )
    write(out / "api_routes.c", routes)
    guard = "SHAKETABLE_CORE_API_ROUTES_H"
    write(out / "api_routes.h", ["/* What the REST services' calls look like; api_services.h says how to read it. */",
                                 f"#ifndef {guard}", f"#define {guard}", ""] + header + ["", "#endif"])
    write(out / "api_services.c", ['#include "core/api_services.h"', "", '#include "core/api_routes.h"', "",
                                   "const struct api_service api_services[] = {"] + rows
          + ["};", "const size_t api_service_count = sizeof api_services / sizeof api_services[0];"])


if __name__ == "__main__":
    main()
