"""Owners: which raw columns each entry of a model's matrices was made from.

A model is fed with entries (a number, a category as 0/1 columns, a ratio of two columns). Each has
its parents from the encoder that makes it, so contributions can be summed back to raw columns.
"""

from accredit_engine import FittedModel


def owners_of(model: FittedModel) -> dict[str, tuple[str, ...]]:
    """Entry → raw columns it was made from, for every encoding of the model.

    Entries are named `encoding/position kind`, such as `boosting+derived/31 arithmetic`. One with
    several parents is derived: its contribution is shared among them in equal parts.
    """
    found: dict[str, tuple[str, ...]] = {}
    for encoding, encoder in model.encoders.items():
        at = 0
        for block in encoder.blocks:
            kind = block.to_dict()["kind"]
            for entry in range(at, at + block.width):
                found[f"{encoding.name}/{entry} {kind}"] = block.columns
            at += block.width
    return found
