"""NumPy arrays as bytes, without pickle, equal for equal arrays."""

import io

import numpy as np
from numpy.typing import NDArray


def array_bytes(array: NDArray[np.generic]) -> bytes:
    """The `.npy` form of an array."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def floats_from(content: bytes) -> NDArray[np.float64]:
    """A float64 array from its `.npy` form.

    Raises:
        ValueError: the content is no such array.
    """
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype != np.float64:
        message = f"float64 expected, not {array.dtype}"
        raise ValueError(message)
    return np.asarray(array, dtype=np.float64)


def integers_from(content: bytes) -> NDArray[np.int64]:
    """An int64 array from its `.npy` form.

    Raises:
        ValueError: the content is no such array.
    """
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype != np.int64:
        message = f"int64 expected, not {array.dtype}"
        raise ValueError(message)
    return np.asarray(array, dtype=np.int64)
