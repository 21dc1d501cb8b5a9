"""Reading a skops file that comes from outside: by a fixed list of types, never by pickle.

Rules, in this order, before anything of the file is made into an object:

1. It is a zip archive of a few files with plain names that together unpack to a bounded size.
2. Every type that its schema names is of a module on `MODULES` and every node of a kind on `NODES`.
   Left out on purpose: readers of files (text vectorizers read files by name), anything that calls
   a function of the file's choice, and indexes for neighbours, which keep the training rows.
3. skops itself is asked which types it would not trust; they must be on `TYPES`.
4. It was saved with the version of scikit-learn that reads it: between versions models answer
   otherwise without a word.

What was read is looked at once more: its trees have to end, within their own numbers
(`skops_trees`).
"""

import importlib
import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from accredit_engine.errors import LibraryAbsent, UnreadableModel, UnsafeModel
from accredit_engine.families.skops_trees import refuse_broken_trees

MAX_FILES: Final = 20_000
MAX_UNPACKED_BYTES: Final = 2 * 1024**3
_SCHEMA: Final = "schema.json"

MODULES: Final = frozenset(
    {
        "sklearn._loss",
        "sklearn.calibration",
        "sklearn.compose",
        "sklearn.decomposition",
        "sklearn.discriminant_analysis",
        "sklearn.dummy",
        "sklearn.ensemble",
        "sklearn.feature_selection",
        "sklearn.impute",
        "sklearn.isotonic",
        "sklearn.linear_model",
        "sklearn.naive_bayes",
        "sklearn.neural_network",
        "sklearn.pipeline",
        "sklearn.preprocessing",
        "sklearn.svm",
        "sklearn.tree",
    }
)
"""Modules of scikit-learn whose types a file may name, with everything below them."""

PLAIN: Final = frozenset({"builtins", "numpy", "numpy.random._generator", "numpy.random.mtrand"})
"""Modules of plain values. Of their functions none but those of `NODES` can be named."""

NODES: Final = frozenset(
    {
        "DTypeNode",
        "DictNode",
        "FunctionNode",
        "JsonNode",
        "ListNode",
        "LossNode",
        "NdArrayNode",
        "ObjectNode",
        "RandomGeneratorNode",
        "RandomStateNode",
        "SetNode",
        "SliceNode",
        "TreeNode",
        "TupleNode",
        "TypeNode",
    }
)

TYPES: Final = frozenset(
    {
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    }
)
"""Types that skops does not trust by itself and that hold nothing but numbers."""

_NUMPY_FUNCTIONS: Final = frozenset({"exp", "expm1", "log", "log10", "log1p", "log2", "sqrt"})


def read_skops(content: bytes) -> Any:  # Any: an estimator of scikit-learn, which ships no types.
    """The estimator in a skops file.

    Raises:
        LibraryAbsent: skops is not installed.
        UnreadableModel: it is no such file, or of another version of scikit-learn.
        UnsafeModel: it names a type that is not trusted, unpacks to too much, or has trees that
            do not end.
    """
    library = _library()
    _refuse_unknown(_schema(content))
    try:
        untrusted = sorted(set(library.get_untrusted_types(data=content)) - TYPES)
        if untrusted:
            raise UnsafeModel(_untrusted(untrusted))
        estimator = _loaded(library, content)
        refuse_broken_trees(estimator)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        message = f"skops cannot read the file ({type(error).__name__})"
        raise UnreadableModel(message) from error
    return estimator


def _loaded(library: Any, content: bytes) -> Any:  # Any: as for `read_skops`; a module.
    other = importlib.import_module("sklearn.exceptions").InconsistentVersionWarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", category=other)
        try:
            return library.loads(content, trusted=sorted(TYPES))
        except other as warning:
            message = (
                f"the model was saved with scikit-learn {warning.original_sklearn_version} and "
                f"would be read by {warning.current_sklearn_version}, which may answer otherwise; "
                "save it again with that version, or export it to ONNX"
            )
            raise UnreadableModel(message) from warning


def _library() -> Any:  # Any: a module that may be absent.
    try:
        return importlib.import_module("skops.io")
    except ImportError as error:
        message = "skops is not installed here; install accredit[skops] to read such models"
        raise LibraryAbsent(message) from error


def _schema(content: bytes) -> object:
    """The schema of an archive that is safe to unpack."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(archive.infolist())
            return json.loads(archive.read(_SCHEMA))
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError) as error:
        message = (
            "the file is no skops file; save the pipeline with skops.io.dump (a pickle or joblib "
            "file can run code when it is read, and is never read here)"
        )
        raise UnreadableModel(message) from error
    except RecursionError as error:
        raise UnsafeModel("the schema of the file is nested too deeply") from error


def _refuse_bombs(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise UnsafeModel(f"the archive holds {len(entries):,} files; at most {MAX_FILES:,} do")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_UNPACKED_BYTES:
        raise UnsafeModel(
            f"the archive unpacks to {size:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read"
        )
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or len(path.parts) != 1 or ".." in path.parts or "\\" in str(path):
            raise UnsafeModel("the archive holds a file whose name is a path; skops writes none")


def _refuse_unknown(schema: object) -> None:
    unknown = sorted({name for name, is_known in _named(schema) if not is_known})
    if unknown:
        raise UnsafeModel(_untrusted(unknown))


def _named(schema: object) -> Iterator[tuple[str, bool]]:
    """Every type or function that a schema names, and whether it may."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        if not isinstance(node, dict):
            continue
        waiting.extend(node.values())
        if "__loader__" in node or "__module__" in node or "__class__" in node:
            module, name = str(node.get("__module__")), str(node.get("__class__"))
            yield f"{module}.{name}", _may(module, name, str(node.get("__loader__")))


def _may(module: str, name: str, loader: str) -> bool:
    if loader not in NODES:
        return False
    if loader == "FunctionNode":
        return module == "numpy" and name in _NUMPY_FUNCTIONS
    return module in PLAIN or any(
        module == known or module.startswith(f"{known}.") for known in MODULES
    )


def _untrusted(names: list[str]) -> str:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return (
        f"the file names types that are not on the fixed list of trusted ones: {shown}; "
        "build the pipeline of plain scikit-learn parts"
    )
