"""Digests of a bundle: what its manifest says, and whether the files on disk still agree.

Standard library only, so that a process that must stay light can check a bundle.
Rules: (1) every file but the manifest is named in it with size and SHA-256; (2) a file that is
not named, is a link, or leaves the folder is refused; (3) the bundle digest is the SHA-256 of the
manifest's bytes; (4) the manifest is canonical JSON, so equal content has equal bytes.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from accredit_engine.errors import DamagedBundle

MANIFEST: Final = "manifest.json"
FORMAT: Final = "accredit-bundle-1"


def sha256(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no white space.

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Manifest of the given files (relative POSIX path → content) as canonical JSON."""
    entries = {
        path: {"sha256": sha256(content), "size": len(content)} for path, content in files.items()
    }
    return canonical_json({"files": entries, "format": FORMAT})


def verify_digests(folder: Path) -> str:
    """Compare every file with the manifest and return the bundle digest.

    Raises:
        DamagedBundle: a file is missing, changed, not named, or not a plain file in the folder.
    """
    return verified_files(folder)[0]


def verified_files(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Bundle digest and the content of every file, each byte checked before it is returned.

    Callers parse these bytes instead of reading again, so what is parsed is what was checked.

    Raises:
        DamagedBundle: as for `verify_digests`.
    """
    manifest = _read(folder, MANIFEST)
    expected = _entries(manifest)
    _refuse_strangers(folder, set(expected))
    files = {}
    for path, (digest, size) in sorted(expected.items()):
        content = _read(folder, path)
        if len(content) != size:
            raise DamagedBundle(f"{path} has {len(content)} bytes instead of {size}", file=path)
        if sha256(content) != digest:
            raise DamagedBundle(f"{path} does not have the digest the manifest names", file=path)
        files[path] = content
    return sha256(manifest), files


def _entries(manifest: bytes) -> dict[str, tuple[str, int]]:
    try:
        document = json.loads(manifest)
        if document["format"] != FORMAT:
            raise DamagedBundle(f"the manifest is not of format {FORMAT}", file=MANIFEST)
        entries = {
            str(path): (str(entry["sha256"]), int(entry["size"]))
            for path, entry in document["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedBundle("the manifest cannot be read", file=MANIFEST) from error
    if manifest != canonical_json(document):
        raise DamagedBundle("the manifest is not canonical JSON", file=MANIFEST)
    for path in entries:
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or pure.as_posix() != path:
            raise DamagedBundle("the manifest names a path outside the bundle", file=path)
    return entries


def _refuse_strangers(folder: Path, named: set[str]) -> None:
    for found in sorted(folder.rglob("*")):
        path = found.relative_to(folder).as_posix()
        if found.is_symlink():
            raise DamagedBundle(f"{path} is a link", file=path)
        if not found.is_dir() and path != MANIFEST and path not in named:
            raise DamagedBundle(f"{path} is not named in the manifest", file=path)


def _read(folder: Path, path: str) -> bytes:
    file = folder / path
    if file.is_symlink() or not file.is_file():
        raise DamagedBundle(f"{path} is missing", file=path)
    return file.read_bytes()
