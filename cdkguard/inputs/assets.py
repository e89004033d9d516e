"""The files that a cloud assembly uploads, by their hashes, and where they are uploaded to."""

from __future__ import annotations

import os
import re

from cdkguard._typing import Json, NamedTuple
from cdkguard.errors import CdkguardError
from cdkguard.inputs.assembly_files import AssemblyFiles
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.text.regexes import lazy_pattern

_S3_URL = lazy_pattern(r"https://(?P<host>[^/]*(?:§|\.amazonaws\.com(?:\.cn)?))/(?P<path>.*)")
# Placeholders, accounts and regions in a name.
_OPEN = lazy_pattern(r"(\$\{[^{}]*\}|(?<![0-9a-z])(?:[0-9]{12}|[a-z]{2}(?:-[a-z]+)+-[0-9]))")
_FILLED = "(?:§|[a-z0-9-]+)"


class Asset(NamedTuple):
    """A file of the assembly, with the (bucket, object key) of each place that it is uploaded to."""

    file: str
    places: tuple[tuple[str, str], ...] = ()

    def is_at(self, address: str) -> bool:
        """Whether the address, with § for parts that the deployment fills in, is one of its places."""
        return not self.places or any(_is_at(address, bucket, key) for bucket, key in self.places)


class Assets(NamedTuple):
    """The assets of a folder by hash, and the error at which reading its lists of assets ended."""

    files: dict[str, Asset]
    problem: CdkguardError | None = None


def _is_at(address: str, bucket: str, key: str) -> bool:
    found = _S3_URL.match(address)
    if found is None or not address.endswith(f"/{key}"):
        return False
    # The template may write account and region where the list of assets leaves them open, and the other way round.
    name = "".join(re.escape(part) if index % 2 == 0 else _FILLED for index, part in enumerate(_OPEN.split(bucket)))
    return re.match(rf"{name}\.s3[.-]", found["host"]) is not None or re.match(rf"{name}/", found["path"]) is not None


def read_assets(assembly_files: AssemblyFiles, directory: str, owner: str) -> Assets:
    """The assets of the folder; `owner` is the file that asks for one."""
    found: dict[str, Asset] = {}
    try:
        for file in sorted(os.listdir(directory)):
            if file.endswith(".assets.json"):
                listed = assembly_files.read_json(assembly_files.path_of(directory, file, owner))
                for digest, asset in mapping_or_empty(mapping_or_empty(listed).get("files")).items():
                    source = mapping_or_empty(mapping_or_empty(asset).get("source")).get("path")
                    if isinstance(source, str):
                        places = tuple(_read_places(mapping_or_empty(asset).get("destinations")))
                        known = found.get(digest, Asset(source))
                        found[digest] = known._replace(places=(*known.places, *places))
    except CdkguardError as problem:  # raised for the nested stacks whose asset was not found before it
        return Assets(found, problem)
    return Assets(found)


def _read_places(destinations: Json) -> list[tuple[str, str]]:
    found = map(mapping_or_empty, mapping_or_empty(destinations).values())
    pairs = [(place.get("bucketName"), place.get("objectKey")) for place in found]
    return [(bucket, key) for bucket, key in pairs if isinstance(bucket, str) and isinstance(key, str)]
