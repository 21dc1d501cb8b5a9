"""Making a recorded model again: as it was, with other seeds, from other rows, or from one trial.

Unlike a replay, which repeats every trial of the search, this trains only what is asked for, from
the settled parameters that the record holds.
"""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accredit_engine.model import FittedModel


class Rebuilder:
    """A recorded run, ready to train its members again."""

    @classmethod
    def open(cls, folder: Path, frame: pd.DataFrame, *, n_jobs: int = 2) -> Self:
        """Read the record of a bundle and prepare its training rows."""
        raise NotImplementedError

    def model(self) -> FittedModel:
        """The model as it was made: same members, same rows, same seeds."""
        raise NotImplementedError

    def refit(self, *, seed: int, rows: NDArray[np.intp] | None = None) -> FittedModel:
        """The model with other seeds and, if given, from these rows (positions, may repeat)."""
        raise NotImplementedError

    def of_trial(self, number: int) -> FittedModel:
        """A model of one finished trial alone, trained on all rows."""
        raise NotImplementedError
