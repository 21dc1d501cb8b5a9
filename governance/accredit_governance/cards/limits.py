"""Limits of a model in measured terms: where nobody knows how it behaves."""

from collections.abc import Iterable, Iterator

from accredit_governance.cards.groups import group_tables
from accredit_governance.cards.sections import ColumnFacts, Limit, TrainingData
from accredit_governance.gates.results import CheckResult, Verdict


def limits_of(results: Iterable[CheckResult], data: TrainingData) -> tuple[Limit, ...]:
    """Checks without enough evidence, groups without a figure, and the ranges that were seen."""
    checked = list(results)
    return (
        *_unproven(checked),
        *_silent_groups(checked),
        *(limit for column in data.columns for limit in _range(column)),
    )


def _unproven(results: Iterable[CheckResult]) -> Iterator[Limit]:
    for result in results:
        if result.verdict in {Verdict.INSUFFICIENT_EVIDENCE, Verdict.ERROR}:
            yield Limit(
                subject=result.subject or result.check,
                sentence=result.message,
                evidence=f"gates/{result.key}",
            )


def _silent_groups(results: Iterable[CheckResult]) -> Iterator[Limit]:
    for table in group_tables(results):
        for row in table.rows:
            if row.value is None:
                size = "an unknown number of" if row.n is None else f"{row.n:,}"
                yield Limit(
                    subject=f"{table.subject}: {row.group}",
                    sentence=(
                        f"No {table.statistic} could be computed for this group of {size} rows."
                    ),
                    evidence=table.evidence,
                )
            elif row.more_rows:
                yield Limit(
                    subject=f"{table.subject}: {row.group}",
                    sentence=(
                        f"Too small to be judged on {table.check.replace('_', ' ')}: "
                        f"{row.more_rows:,} more rows are needed."
                    ),
                    evidence=table.evidence,
                )


def _range(column: ColumnFacts) -> Iterator[Limit]:
    if column.role != "input":
        return
    if column.low is not None and column.high is not None:
        yield Limit(
            subject=column.name,
            sentence=f"Seen between {column.low:g} and {column.high:g}; beyond, it extrapolates.",
            evidence="bundle/contract",
        )
    if column.categories_total is not None:
        shown = ", ".join(column.categories)
        hidden = column.categories_total - len(column.categories)
        more = f" and {hidden} more" if hidden > 0 and shown else ""
        yield Limit(
            subject=column.name,
            sentence=(
                f"Knows {column.categories_total} categories"
                f"{f' ({shown}{more})' if shown else ''}; others are treated as unknown."
            ),
            evidence="bundle/contract",
        )
