"""Checkpoint of a search: each finished trial on disk, so that a killed run goes on.

A folder holds `run.json` (digest of data and settings) and per trial `trial-00012.json` and
`trial-00012.npy`. Files appear by rename, the JSON last: a trial is there completely or not.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from accredit_engine.bundle.digests import canonical_json, sha256
from accredit_engine.errors import CheckpointMismatch
from accredit_engine.families.arrays import array_bytes, floats_from
from accredit_engine.search.trials import Trial, TrialState

_RUN: Final = "run.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An open checkpoint folder."""

    folder: Path

    @classmethod
    def open(cls, folder: Path, identity: Mapping[str, object]) -> "Checkpoint":
        """Open or create a checkpoint for a run with this identity (data, settings, versions).

        Raises:
            CheckpointMismatch: the folder belongs to another run.
        """
        folder.mkdir(parents=True, exist_ok=True)
        run = folder / _RUN
        ours = {"identity": sha256(canonical_json(identity)), "parts": identity}
        if not run.exists():
            _write(run, canonical_json(ours))
            return cls(folder)
        try:
            theirs = json.loads(run.read_bytes())
            differing = sorted(
                part for part in identity if theirs["parts"].get(part) != _plain(identity[part])
            )
        except (ValueError, KeyError, AttributeError) as error:
            message = f"{run.name} of the checkpoint cannot be read; use an empty folder"
            raise CheckpointMismatch(message) from error
        if differing or theirs.get("identity") != ours["identity"]:
            message = (
                f"the checkpoint was made with other {', '.join(differing) or 'settings'}; "
                "use an empty folder or the same data and settings"
            )
            raise CheckpointMismatch(message)
        return cls(folder)

    def trials(self) -> list[Trial]:
        """Trials from number 0 up to the first gap.

        Raises:
            CheckpointMismatch: a trial is damaged.
        """
        found: list[Trial] = []
        while True:
            stem = f"trial-{len(found):05d}"
            file = self.folder / f"{stem}.json"
            if not file.exists():
                return found
            try:
                document = json.loads(file.read_bytes())
                raw = None
                if document["raw_digest"]:
                    content = (self.folder / f"{stem}.npy").read_bytes()
                    if sha256(content) != document["raw_digest"]:
                        message = f"{stem}.npy of the checkpoint is damaged; remove the folder"
                        raise CheckpointMismatch(message)
                    raw = floats_from(content)
                found.append(Trial.from_dict(document, raw))
            except (ValueError, KeyError, TypeError, OSError) as error:
                message = f"{file.name} of the checkpoint cannot be read; remove the folder"
                raise CheckpointMismatch(message) from error

    def note(self, name: str) -> Any:  # Any: parsed JSON.
        """What `keep_note` wrote under this name; None when nothing was written.

        Raises:
            CheckpointMismatch: it cannot be read.
        """
        file = self.folder / f"{name}.json"
        if not file.exists():
            return None
        try:
            return json.loads(file.read_bytes())
        except ValueError as error:
            message = f"{file.name} of the checkpoint cannot be read; remove the folder"
            raise CheckpointMismatch(message) from error

    def keep_note(self, name: str, document: Mapping[str, object]) -> None:
        """Keep a document beside the trials."""
        _write(self.folder / f"{name}.json", canonical_json(document))

    def add(self, trial: Trial) -> None:
        """Write a trial; trials cut short by the clock are not kept, they can be tried again."""
        if trial.state is TrialState.STOPPED:
            return
        stem = self.folder / f"trial-{trial.number:05d}"
        if trial.raw is not None:
            _write(stem.with_suffix(".npy"), array_bytes(trial.raw))
        _write(stem.with_suffix(".json"), canonical_json(trial.to_dict()))


def _plain(value: object) -> object:
    return json.loads(canonical_json(value))


def _write(file: Path, content: bytes) -> None:
    """Write beside, flush to disk, rename: readers see the old file, none, or the whole new one."""
    beside = file.with_name(file.name + ".tmp")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
