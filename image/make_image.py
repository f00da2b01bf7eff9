#!/usr/bin/env -S python3 -B
"""Makes the sidecar's container image from one static program, without a network, a daemon or root.

The archive holds an OCI image layout (https://github.com/opencontainers/image-spec: image-layout.md,
manifest.md, config.md) for skopeo, podman and containerd, and a manifest.json for `docker load`. Equal inputs
give equal bytes: names are sorted, owners and times fixed. The time is SOURCE_DATE_EPOCH, or 0.
"""
import argparse
import hashlib
import io
import json
import os
import struct
import sys
import tarfile
import time
import zlib

NAME = "shaketable-proxy"
REPOSITORY = "shaketable/proxy"  # as experiment/plan.h calls it
USER = "65532:65532"
# The authorities that calls over TLS are checked with, where Debian has them.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
OCI = "application/vnd.oci.image."
# e_machine of <elf.h>: the platform as the image specification calls it
PLATFORMS = {62: {"architecture": "amd64"}, 183: {"architecture": "arm64", "variant": "v8"}}
PT_INTERP = 3


def platform_of(program):
    """What the program runs on; it must be a 64-bit little-endian ELF that needs no loader."""
    if program[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF program")
    (machine,) = struct.unpack_from("<H", program, 18)
    (headers,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    kinds = [struct.unpack_from("<I", program, headers + i * size)[0] for i in range(count)]
    if PT_INTERP in kinds:
        raise ValueError("linked dynamically: an empty root has no loader for it")
    if machine not in PLATFORMS:
        raise ValueError(f"no name for ELF machine {machine}")
    return dict(PLATFORMS[machine], os="linux")


def tar_of(files, when):
    """A tar of {path: (mode, bytes)}, with the directories that lead to them."""
    out = io.BytesIO()
    folders = {path[: i] for path in files for i, letter in enumerate(path) if letter == "/"}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(folders | set(files)):
            entry = tarfile.TarInfo(path)
            entry.mtime = when
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.mode, data = files[path]
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def gzip_of(data):
    """Without a name or a time in its header, which gzip(1) and older Pythons write."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def json_of(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """The files of an OCI image layout."""

    def __init__(self):
        self.files = {"oci-layout": (0o644, json_of({"imageLayoutVersion": "1.0.0"}))}

    def add(self, kind, data, **more):
        """Keeps a blob; returns its descriptor."""
        self.files["blobs/sha256/" + digest(data)[len("sha256:") :]] = (0o644, data)
        return dict(more, mediaType=OCI + kind, digest=digest(data), size=len(data))


def build(program, authorities, version, when):
    """The archive's bytes and what to say about it. Without authorities the image has none."""
    platform = platform_of(program)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
    labels = {
        "org.opencontainers.image.title": NAME,
        "org.opencontainers.image.description": "Relays, measures and injects faults; a sidecar for Amazon ECS",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.created": created,
    }
    layout = Layout()
    content = {NAME: (0o555, program)}
    if authorities:
        content[AUTHORITIES[1:]] = (0o444, authorities)
    tree = tar_of(content, when)
    layer = layout.add("layer.v1.tar+gzip", gzip_of(tree))
    config = layout.add(
        "config.v1+json",
        json_of(
            dict(
                platform,
                created=created,
                config={
                    "Entrypoint": ["/" + NAME],
                    "Env": ["SSL_CERT_FILE=" + AUTHORITIES],
                    "User": USER,
                    "WorkingDir": "/",
                    "StopSignal": "SIGTERM",
                    "Labels": labels,
                },
                rootfs={"type": "layers", "diff_ids": [digest(tree)]},
                history=[{"created": created, "created_by": f"{NAME} {version}: make image"}],
            )
        ),
    )
    manifest = layout.add(
        "manifest.v1+json",
        json_of(
            {
                "schemaVersion": 2,
                "mediaType": OCI + "manifest.v1+json",
                "config": config,
                "layers": [layer],
                "annotations": labels,
            }
        ),
        platform=platform,
        annotations={
            "org.opencontainers.image.ref.name": version,
            "io.containerd.image.name": f"docker.io/{REPOSITORY}:{version}",
        },
    )
    index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [manifest]}
    layout.files["index.json"] = (0o644, json_of(index))
    path = "blobs/sha256/"
    for_docker = {
        "Config": path + config["digest"][len("sha256:") :],
        "RepoTags": [f"{REPOSITORY}:{version}"],
        "Layers": [path + layer["digest"][len("sha256:") :]],
    }
    layout.files["manifest.json"] = (0o644, json_of([for_docker]))
    trusts = f"{len(authorities)} bytes of authorities" if authorities else "no authorities"
    said = f"linux/{platform['architecture']}, program {len(program)} bytes, {trusts}, layer {layer['size']} bytes"
    return tar_of(layout.files, when), f"{said}, {manifest['digest']}"


def read_authorities(path):
    """The bundle's bytes, b"" where there is none: the sidecar then trusts nobody, unless AWS_CA_BUNDLE says so."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", required=True, help="the static program")
    arguments.add_argument("--version", required=True)
    arguments.add_argument("--authorities", default=AUTHORITIES, help="a bundle of CA certificates in PEM")
    arguments.add_argument("--output", required=True, help="the archive to write")
    given = arguments.parse_args()
    try:
        with open(given.program, "rb") as file:
            program = file.read()
        archive, said = build(program, read_authorities(given.authorities), given.version, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
        with open(given.output + ".new", "wb") as file:
            file.write(archive)
        os.replace(given.output + ".new", given.output)
    except (OSError, ValueError) as problem:
        sys.exit(f"make_image: {given.program}: {problem}")
    print(f"{given.output}: {said}")


if __name__ == "__main__":
    main()
