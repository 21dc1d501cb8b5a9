"""Questions that arrive while another one is answered go to the model together.

One row costs a model almost as much as a hundred, so whoever's turn it is takes the waiting
questions along. Nobody waits for company: a question that comes alone is asked at once. If a batch
fails, each of its questions is asked alone, so nobody's bad row spoils another's answer.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from accredit_platform.errors import PlatformError

Rows: TypeAlias = Sequence[Mapping[str, object]]
Answer: TypeAlias = dict[str, Any]
"""JSON of one answer; its fields are listed in `predictor`."""

ROWS_AT_ONCE: Final = 256


@dataclass(eq=False, slots=True)
class _Question:
    rows: Rows
    reasons: bool
    is_alone: bool = False
    answers: list[Answer] | None = None


class Batches:
    """Brings questions of many threads to one model.

    Args:
        ask: asks the model: rows, and whether attributions are wanted. Called by one thread at a
            time.
    """

    def __init__(self, ask: Callable[[Rows, bool], list[Answer]]) -> None:
        self._ask = ask
        self._turn = threading.Lock()
        self._mutex = threading.Lock()
        self._waiting: list[_Question] = []

    def answer(self, rows: Rows, *, reasons: bool) -> list[Answer]:
        """One answer per row, in order. Raises what `ask` raises for these rows."""
        question = _Question(rows, reasons)
        with self._mutex:
            self._waiting.append(question)
        with self._turn:
            if question.answers is None:
                self._together(self._company_of(question))
            if question.answers is None:
                question.answers = self._ask(question.rows, question.reasons)
        return question.answers

    def _company_of(self, question: _Question) -> list[_Question]:
        """The question and those that go with it, taken out of the queue."""
        with self._mutex:
            self._waiting.remove(question)
            batch, size = [question], len(question.rows)
            for other in () if question.is_alone else tuple(self._waiting):
                fits = size + len(other.rows) <= ROWS_AT_ONCE
                if fits and not other.is_alone and other.reasons == question.reasons:
                    self._waiting.remove(other)
                    batch.append(other)
                    size += len(other.rows)
        return batch

    def _together(self, batch: Sequence[_Question]) -> None:
        if len(batch) == 1:
            return
        try:
            answers = self._ask([row for one in batch for row in one.rows], batch[0].reasons)
        except PlatformError:
            # Whose fault it was shows when each is asked alone.
            for question in batch:
                question.is_alone = True
            with self._mutex:
                self._waiting[:0] = batch[1:]
            return
        at = 0
        for question in batch:
            question.answers = answers[at : at + len(question.rows)]
            at += len(question.rows)
