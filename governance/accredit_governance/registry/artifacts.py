"""Stored bytes, known by digest: uploads, frames, bundles, reports.

Everything is written to a temporary name and renamed, so what has a digest for a name is whole.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from accredit_governance.errors import DamagedArtifact

CHUNK_BYTES = 1024 * 1024


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Artifacts:
    """A folder of files and of folders, each named by its digest.

    Args:
        root: where they lie; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in ("files", "folders", "incoming"):
            (root / part).mkdir(parents=True, exist_ok=True)

    def incoming(self, suffix: str = "") -> Path:
        """A fresh path on the same file system, for bytes that have no digest yet."""
        descriptor, name = tempfile.mkstemp(dir=self.root / "incoming", suffix=suffix)
        os.close(descriptor)
        return Path(name)

    def keep_file(self, path: Path) -> str:
        """Move a file in. Returns its SHA-256."""
        digest = file_digest(path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(self._file(digest))
        self._settle(self.root / "files")
        return digest

    def keep_bytes(self, chunks: Iterable[bytes]) -> str:
        """Store a stream of bytes. Returns its SHA-256."""
        path = self.incoming()
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        return self.keep_file(path)

    def file(self, digest: str) -> Path:
        """Path of a stored file, verified now.

        Raises:
            DamagedArtifact: it is missing or its bytes changed.
        """
        path = self._file(digest)
        if not path.is_file() or file_digest(path) != digest:
            raise DamagedArtifact(f"artifact {digest[:12]} is missing or damaged", digest=digest)
        return path

    def keep_folder(self, folder: Path, digest: str) -> None:
        """Move a folder in under the digest of its own manifest."""
        target = self._folder(digest)
        if target.exists():
            shutil.rmtree(folder)
            return
        folder.rename(target)
        self._settle(self.root / "folders")

    def folder(self, digest: str) -> Path:
        """Path of a stored folder; its manifest is verified by whoever loads it.

        Raises:
            DamagedArtifact: it is missing.
        """
        path = self._folder(digest)
        if not path.is_dir():
            raise DamagedArtifact(f"artifact {digest[:12]} is missing", digest=digest)
        return path

    def remove(self, digest: str, *, folder: bool) -> None:
        """Take a stored file or folder away; what is gone already stays gone.

        A folder leaves its name first, so that nobody finds half of it there.
        """
        path = self._folder(digest) if folder else self._file(digest)
        if folder and path.is_dir():
            leaving = Path(tempfile.mkdtemp(dir=self.root / "incoming"))
            path.rename(leaving / digest)
            shutil.rmtree(leaving)
        elif not folder:
            path.unlink(missing_ok=True)
        self._settle(path.parent)

    def _file(self, digest: str) -> Path:
        return self.root / "files" / digest

    def _folder(self, digest: str) -> Path:
        return self.root / "folders" / digest

    @staticmethod
    def _settle(folder: Path) -> None:
        """Make the rename survive a power cut."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
