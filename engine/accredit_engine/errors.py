"""Every way in which the engine refuses: one class per reason a caller acts on.

Messages name the thing, the value and the remedy. They never hold a row of the data.
"""

from collections.abc import Sequence
from typing import ClassVar


class EngineError(Exception):
    """Root of all refusals of the engine; `code` is stable and may be stored."""

    code: ClassVar[str] = "engine_error"


class UnreadableTable(EngineError):
    """A file cannot be read as a table."""

    code: ClassVar[str] = "unreadable_table"


class UnsupportedFormat(UnreadableTable):
    """The file name does not end in a format we read."""

    code: ClassVar[str] = "unsupported_format"


class EmptyFile(UnreadableTable):
    """The file holds no bytes, or nothing but white space."""

    code: ClassVar[str] = "empty_file"


class HeaderOnly(UnreadableTable):
    """The file names columns but holds no row."""

    code: ClassVar[str] = "header_only"


class MalformedTable(UnreadableTable):
    """The file breaks the rules of its format; `line` is counted from 1 where known."""

    code: ClassVar[str] = "malformed_table"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        """Keep the line beside the message."""
        super().__init__(message)
        self.line = line


class NotUtf8(UnreadableTable):
    """The file is not UTF-8; `offset` is the first byte that is not."""

    code: ClassVar[str] = "not_utf8"

    def __init__(self, message: str, *, offset: int) -> None:
        """Keep the byte offset beside the message."""
        super().__init__(message)
        self.offset = offset


class NulBytes(UnreadableTable):
    """The file contains NUL bytes: it is binary, or was cut off by a crash."""

    code: ClassVar[str] = "nul_bytes"


class FileTooLarge(UnreadableTable):
    """The file has more bytes than the limit."""

    code: ClassVar[str] = "file_too_large"


class TableTooLarge(UnreadableTable):
    """The table declares more cells than the limit."""

    code: ClassVar[str] = "table_too_large"


class UnfitData(EngineError):
    """A frame cannot be learned from as it is."""

    code: ClassVar[str] = "unfit_data"


class DuplicateColumns(UnfitData):
    """A column name occurs more than once."""

    code: ClassVar[str] = "duplicate_columns"

    def __init__(self, columns: Sequence[str]) -> None:
        """Name the repeated columns."""
        self.columns = tuple(columns)
        named = ", ".join(repr(column) for column in self.columns[:10])
        super().__init__(f"column names occur more than once: {named}; rename or drop them")


class NestedColumns(UnfitData):
    """Columns hold lists, structures or maps instead of single values."""

    code: ClassVar[str] = "nested_columns"

    def __init__(self, columns: Sequence[str]) -> None:
        """Name the nested columns."""
        self.columns = tuple(columns)
        named = ", ".join(repr(column) for column in self.columns[:10])
        super().__init__(
            f"columns hold lists, structures or maps: {named}; "
            "write each part into a column of its own, or drop them"
        )


class TooManyColumns(UnfitData):
    """The table has more columns than the limit."""

    code: ClassVar[str] = "too_many_columns"

    def __init__(self, columns: int, *, limit: int) -> None:
        """Name the count and the limit."""
        super().__init__(f"the table has {columns} columns; at most {limit} are accepted")


class EmptyFrame(UnfitData):
    """The frame has no row or no column."""

    code: ClassVar[str] = "empty_frame"


class MissingTarget(UnfitData):
    """The target column is not in the frame."""

    code: ClassVar[str] = "missing_target"


class ConstantTarget(UnfitData):
    """The target has a single value: there is nothing to learn."""

    code: ClassVar[str] = "constant_target"


class MissingTargetValues(UnfitData):
    """Too large a share of the target is missing."""

    code: ClassVar[str] = "missing_target_values"


class UnfitTarget(UnfitData):
    """The values of the target do not suit the task."""

    code: ClassVar[str] = "unfit_target"


class WrongClassCount(UnfitTarget):
    """The number of classes does not suit the task."""

    code: ClassVar[str] = "wrong_class_count"


class TooFewRows(UnfitData):
    """There are too few rows to learn and to check anything."""

    code: ClassVar[str] = "too_few_rows"


class RareClass(UnfitData):
    """A class has too few members to be learned and checked."""

    code: ClassVar[str] = "rare_class"


class NoUsableColumns(UnfitData):
    """No column is left as an input of the model."""

    code: ClassVar[str] = "no_usable_columns"


class LeakageFound(UnfitData):
    """Columns give the target away; `columns` names them."""

    code: ClassVar[str] = "leakage_found"

    def __init__(self, message: str, *, columns: Sequence[str]) -> None:
        """Keep the columns beside the message."""
        super().__init__(message)
        self.columns = tuple(columns)


class UnknownColumn(EngineError):
    """A setting names a column that is not in the frame."""

    code: ClassVar[str] = "unknown_column"


class UnknownSensitiveFeature(UnknownColumn):
    """A sensitive feature is not in the frame."""

    code: ClassVar[str] = "unknown_sensitive_feature"


class UnfitSettings(EngineError):
    """A setting is outside what is accepted."""

    code: ClassVar[str] = "unfit_settings"


class UnknownMetric(UnfitSettings):
    """The metric is no scikit-learn scorer name."""

    code: ClassVar[str] = "unknown_metric"


class UnfitMetric(UnfitSettings):
    """The metric exists but does not suit the task."""

    code: ClassVar[str] = "unfit_metric"


class UnfitMitigation(UnfitSettings):
    """The mitigation cannot be applied to this task or these groups."""

    code: ClassVar[str] = "unfit_mitigation"


class UnknownFavourableClass(UnfitSettings):
    """The favourable class is not among the classes of the target."""

    code: ClassVar[str] = "unknown_favourable_class"


class TooFewGroups(UnfitData):
    """The rows belong to a single group: no model can be tested on another."""

    code: ClassVar[str] = "too_few_groups"


class UnfitTime(UnfitData):
    """The time column holds missing values, or values that are no times or numbers."""

    code: ClassVar[str] = "unfit_time"


class UnfitWeights(UnfitData):
    """The weights are no finite numbers of at least zero, or are all zero."""

    code: ClassVar[str] = "unfit_weights"


class UnfitSplit(UnfitData):
    """Groups or times do not allow rows to be divided."""

    code: ClassVar[str] = "unfit_split"


class UnknownOrder(UnfitSettings):
    """A column is said to be ordinal, but nothing tells the order of its levels."""

    code: ClassVar[str] = "unknown_order"


class NotFitted(EngineError):
    """`fit` or `load` has to come first."""

    code: ClassVar[str] = "not_fitted"


class NoConformal(EngineError):
    """Intervals or sets are asked of a model that was fitted without."""

    code: ClassVar[str] = "no_conformal"


class NotBinary(EngineError):
    """Decisions at a threshold exist for binary tasks only."""

    code: ClassVar[str] = "not_binary"


class NotReplayable(EngineError):
    """A run cannot be done again: other data, or functions that no record holds."""

    code: ClassVar[str] = "not_replayable"


class NothingTrained(EngineError):
    """No trial finished: there is no model."""

    code: ClassVar[str] = "nothing_trained"


class WorkersLost(EngineError):
    """The workers of a search died or left, and what they did is lost."""

    code: ClassVar[str] = "workers_lost"


class TrialFailed(EngineError):
    """One trial cannot be trained; it is recorded and the search goes on."""

    code: ClassVar[str] = "trial_failed"


class CheckpointMismatch(EngineError):
    """The checkpoint belongs to other data or other settings, or is damaged."""

    code: ClassVar[str] = "checkpoint_mismatch"


class MissingColumn(EngineError):
    """A frame to predict lacks a column of the contract."""

    code: ClassVar[str] = "missing_column"


class UnparsableValue(EngineError):
    """A column to predict holds values that are not of its kind."""

    code: ClassVar[str] = "unparsable_value"


class AttributionsIncomplete(EngineError):
    """Attributions and base do not add up to the margin: they must not be served."""

    code: ClassVar[str] = "attributions_incomplete"


class UnreadableModel(EngineError):
    """A file is no model of the kind that it is said to be, or of a version that is not read."""

    code: ClassVar[str] = "unreadable_model"


class UnsafeModel(EngineError):
    """A model file holds something that reading could run, or more than it may unpack to."""

    code: ClassVar[str] = "unsafe_model"


class ModelMismatch(EngineError):
    """A model built elsewhere is not what its stated contract says."""

    code: ClassVar[str] = "model_mismatch"


class NoModelHere(EngineError):
    """A bundle holds papers about a model that stays with its vendor: nothing here can answer."""

    code: ClassVar[str] = "no_model_here"


class LibraryAbsent(EngineError):
    """A model needs a library that is not installed."""

    code: ClassVar[str] = "library_absent"


class BundleExists(EngineError):
    """The folder to save into is already there; bundles are never overwritten."""

    code: ClassVar[str] = "bundle_exists"


class DamagedBundle(EngineError):
    """A bundle is not what its manifest says; `file` names the first offender."""

    code: ClassVar[str] = "damaged_bundle"

    def __init__(self, message: str, *, file: str) -> None:
        """Keep the offending file beside the message."""
        super().__init__(message)
        self.file = file
