"""A recorded run, opened again: its record, its settings and its training rows, checked.

1. The bundle must be what its manifest says; 2. the data must have the recorded digest; 3. the
rows are prepared, sampled and folded as they were then. What is done with it is up to the caller:
a replay repeats every trial, a rebuilder trains the members of the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.arrangement import (
    DerivedFeatures,
    evaluator_for,
    folds_for,
    over_all_rows,
    searched_rows,
)
from accredit_engine.bundle.bundle import model_files, read_json
from accredit_engine.bundle.contract import label_from_json
from accredit_engine.bundle.digests import sha256, verified_files
from accredit_engine.bundle.environment import versions
from accredit_engine.data.folds import Extent
from accredit_engine.data.preparation import Prepared, Roles, prepare
from accredit_engine.data.sample import taken
from accredit_engine.data.source import frame_digest
from accredit_engine.errors import NotReplayable
from accredit_engine.families.family import Family, FamilyName
from accredit_engine.families.roster import load_families
from accredit_engine.features.spec import DerivedSpec
from accredit_engine.model import FittedModel
from accredit_engine.search.evaluate import Evaluator
from accredit_engine.search.trials import Trial
from accredit_engine.settings import Settings, settings_from

_CONFIG: Final = "config.json"
_UNTIMED: Final = {"seconds": 0.0, "row_ms": 0.0}


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The run of a bundle, ready to be done again.

    Attributes:
        config: The record, JSON.
        files: Content of every file of the bundle.
        settings: What was asked for, with the cores of today.
        prepared: The training table.
        rows: Positions of the rows that the search looked at; None for all.
        derived: Features made of several columns.
        families: Those of the trials.
        trials: Every trial, without the scores of rows.
    """

    config: Mapping[str, Any]  # Any: JSON.
    files: Mapping[str, bytes]
    settings: Settings
    prepared: Prepared
    rows: NDArray[np.intp] | None
    derived: DerivedFeatures
    families: Mapping[FamilyName, Family]
    trials: tuple[Trial, ...]

    @classmethod
    def open(cls, folder: Path, frame: pd.DataFrame, *, n_jobs: int) -> Self:
        """Read the record of a bundle and prepare the rows that it was trained on.

        Raises:
            DamagedBundle: the bundle is not what its manifest says.
            NotReplayable: other data, or a run with functions of the caller that no record holds.
        """
        config = read_json(folder, _CONFIG)
        _, files = verified_files(folder)
        settings = replace(settings_from(config["settings"]), n_jobs=n_jobs)
        digest = frame_digest(frame)
        if digest != config["data_digest"]:
            message = (
                f"the data have the digest {digest[:16]}…, the run was trained on "
                f"{config['data_digest'][:16]}…; replay it on the rows it was trained on"
            )
            raise NotReplayable(message)
        trials = tuple(Trial.from_dict({**_UNTIMED, **trial}, None) for trial in config["trials"])
        families, _ = load_families(tuple({trial.family for trial in trials}))
        roles = _roles(config["settings"])
        prepared = prepare(frame, roles, task=settings.task, seed=settings.seed)
        kept = tuple(DerivedSpec.from_dict(spec) for spec in config["derivation"]["kept"])
        return cls(
            config=config,
            files=files,
            settings=settings,
            prepared=prepared,
            rows=searched_rows(prepared, config["searched_rows"]),
            derived=DerivedFeatures(kept, config["derivation"]),
            families=families,
            trials=trials,
        )

    def searching(self, *, threads: int) -> Evaluator:
        """What the trials had in common, on the rows that the search looked at."""
        sampled = self.prepared if self.rows is None else taken(self.prepared, self.rows)
        extent = Extent(self.config["folds"]["count"], self.config["folds"]["repeats"])
        folds = folds_for(self.settings, sampled, extent)
        return evaluator_for(
            self.settings, sampled, folds, self.derived, self.families, threads=threads
        )

    def refitting(self, searching: Evaluator) -> Evaluator:
        """The same on all rows; the given one where the search looked at all of them."""
        if self.rows is None:
            return searching
        return over_all_rows(searching, self.settings, self.prepared)

    @property
    def is_lean(self) -> bool:
        """Whether the bundle holds the leaner variant of the model."""
        return bool(self.config.get("variant") == "deploy")

    def differing(self, model: FittedModel) -> tuple[str, ...]:
        """Files of a model that the bundle does not hold, byte for byte."""
        return tuple(
            sorted(
                path
                for path, content in model_files(model).items()
                if path not in self.files or sha256(self.files[path]) != sha256(content)
            )
        )

    def other_versions(self) -> dict[str, tuple[str, str]]:
        """Packages in another version than recorded: name → (recorded, installed)."""
        here = versions()
        return {
            name: (version, here.get(name, "absent"))
            for name, version in self.config["versions"].items()
            if here.get(name) != version
        }


def _roles(recorded: Mapping[str, Any]) -> Roles:  # Any: JSON.
    favourable = recorded["favourable"]
    return Roles(
        target=recorded["target"],
        sensitive=tuple(recorded["sensitive_features"]),
        exclude=tuple(recorded["exclude"]),
        kinds=recorded["column_kinds"],
        favourable=None if favourable is None else label_from_json(favourable),
        leakage=recorded["leakage"],
        groups=recorded["groups"],
        time=recorded["time"],
        weight=recorded["weight"],
    )
