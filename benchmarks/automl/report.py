"""Tables, and a plot of the gaps, from the results of `compare.py`.

    python benchmarks/automl/report.py results.jsonl --plot gaps.svg

A *case* is one split of one data set. Frameworks are compared case by case, on those cases that
all of them have tried:

- rank: 1 is best; ties share the average of their places; a failed run shares the last places.
- gap: how far behind the best of the case, relative: (best - AUC) / best, (loss - best) / best.
- win: a first place, shared among ties.
- overrun: seconds of the fit beyond the budget; not negative.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any, Final, TypeAlias

from gap_plot import gap_plot
from scores import GREATER_IS_BETTER, PRIMARY

Line: TypeAlias = Mapping[str, Any]
"""One result; Any: parsed JSON."""

_DIGITS: Final = 6
"""Scores that agree in so many significant digits are equal."""

_QUIET_SHARE: Final = 0.1
"""Other programs may take so much of the machine."""


@dataclass(frozen=True, slots=True)
class Case:
    """One split of one data set: score, rank and gap of every framework; None where it failed."""

    data: str
    scores: Mapping[str, float | None]
    ranks: Mapping[str, float]
    gaps: Mapping[str, float | None]

    @classmethod
    def of(cls, data: str, task: str, lines: Mapping[str, Line]) -> "Case":
        """Compare the runs of one case."""
        metric = PRIMARY[task]
        sign = -1.0 if metric in GREATER_IS_BETTER else 1.0
        scores = {name: _score(line, metric) for name, line in lines.items()}
        losses = {name: sign * value for name, value in scores.items() if value is not None}
        best = min(losses.values(), default=0.0)
        # The best may be 0 (a perfect fit): then nobody's distance to it is a share.
        gaps = {
            name: None
            if name not in losses
            else (losses[name] - best) / abs(best)
            if best
            else float(losses[name] > best)
            for name in lines
        }
        return cls(data, scores, ranks(losses, list(lines)), gaps)


def _score(line: Line, metric: str) -> float | None:
    if line["state"] != "ok":
        return None
    return float(f"{line['metrics'][metric]:.{_DIGITS}g}")


def ranks(losses: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Ranks by loss, ties averaged; names without a loss share the last places."""
    keys = {name: losses.get(name, float("inf")) for name in names}
    found = {}
    for name, key in keys.items():
        before = sum(other < key for other in keys.values())
        ties = sum(other == key for other in keys.values())
        found[name] = before + (ties + 1) / 2
    return found


def read(paths: Sequence[Path]) -> tuple[list[Line], list[Line]]:
    """The last result of every run, and the frameworks that were absent."""
    runs: dict[tuple[object, ...], Line] = {}
    absent: dict[str, Line] = {}
    for path in paths:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if line["state"] == "absent":
                absent[line["framework"]] = line
                continue
            setting = (line["budget_s"], line["cores"])
            runs[(*setting, line["data"], line["digest"], line["split"], line["framework"])] = line
    tried = {line["framework"] for line in runs.values()}
    return list(runs.values()), [line for name, line in absent.items() if name not in tried]


def cases_of(lines: Sequence[Line], names: Sequence[str]) -> list[Case]:
    """Cases that all frameworks have tried, in the order of the results."""
    grouped: dict[tuple[str, str, int], dict[str, Line]] = {}
    for line in lines:
        key = (line["data"], line["digest"], line["split"])
        grouped.setdefault(key, {})[line["framework"]] = line
    return [
        Case.of(key[0], found[names[0]]["task"], {name: found[name] for name in names})
        for key, found in grouped.items()
        if set(found) >= set(names)
    ]


def summary(cases: Sequence[Case], lines: Sequence[Line], names: Sequence[str]) -> list[list[str]]:
    """One row per framework, best average rank first."""
    own = {name: [line for line in lines if line["framework"] == name] for name in names}
    by_rank = {name: mean(case.ranks[name] for case in cases) for name in names}
    rows = []
    for name in sorted(names, key=lambda name: (by_rank[name], name)):
        ok = [line for line in own[name] if line["state"] == "ok"]
        gaps = [gap for case in cases if (gap := case.gaps[name]) is not None]
        rows.append(
            [
                name,
                f"{by_rank[name]:.2f}",
                f"{sum(_win(case, name) for case in cases):.3g}",
                _of(gaps, median, "{:.2%}"),
                _of(gaps, max, "{:.2%}"),
                _of([max(0.0, line["overrun_s"]) for line in ok], max, "{:.1f}"),
                _of([line["fit_s"] for line in ok], median, "{:.1f}"),
                _of([line["row_p50_ms"] for line in ok], median, "{:.2f}"),
                _of([line["model_mb"] for line in ok], median, "{:.2f}"),
                _of([line["peak_mb"] for line in ok if line["peak_mb"]], max, "{:.0f}"),
                str(len(own[name]) - len(ok)),
            ]
        )
    return rows


def _win(case: Case, name: str) -> float:
    first = min(case.ranks.values())
    winners = [other for other, rank in case.ranks.items() if rank == first]
    is_won = name in winners and case.scores[name] is not None
    return 1 / len(winners) if is_won else 0.0


def _of(values: Sequence[float], statistic: Any, form: str) -> str:  # Any: mean, max, median.
    return form.format(statistic(values)) if values else "–"


def per_data(cases: Sequence[Case], names: Sequence[str]) -> list[list[str]]:
    """Mean score of every framework on every data set; the best is bold."""
    rows = []
    for data in dict.fromkeys(case.data for case in cases):
        own = [case for case in cases if case.data == data]
        ranked = {name: mean(case.ranks[name] for case in own) for name in names}
        cells = []
        for name in names:
            found = [score for case in own if (score := case.scores[name]) is not None]
            text = f"{mean(found):.5g}" if found else "failed"
            if found and len(found) < len(own):
                text += f" ({len(own) - len(found)} failed)"
            cells.append(f"**{text}**" if ranked[name] == min(ranked.values()) else text)
        rows.append([f"{data} ({len(own)})", *cells])
    return rows


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def section(lines: Sequence[Line], title: str) -> tuple[str, list[Case]]:
    """Everything about one budget and number of cores."""
    names = sorted({line["framework"] for line in lines})
    cases = cases_of(lines, names)
    text = [f"## {title}", ""]
    every = {(line["data"], line["digest"], line["split"]) for line in lines}
    text.append(
        f"Cases: {len(cases)}; {len(every) - len(cases)} more, not tried by all, are left out."
    )
    if not cases:
        return "\n".join(text), []
    head = ["framework", "rank", "wins", "median gap", "worst gap", "worst overrun s", "fit s"]
    head += ["row ms", "model MB", "peak MB", "failed"]
    text += ["", table(head, summary(cases, lines, names)), ""]
    text += [table(["data set (splits)", *names], per_data(cases, names)), ""]
    text += _disturbed(lines)
    text += [
        f"- {line['framework']} on {line['data']}, split {line['split']}: "
        f"{line['state']}, {line['reason']}"
        for line in lines
        if line["state"] != "ok"
    ]
    return "\n".join(text), cases


def _disturbed(lines: Sequence[Line]) -> list[str]:
    """How many runs shared the machine with other work, if any."""
    disturbed = [line for line in lines if (line["others_share"] or 0.0) > _QUIET_SHARE]
    if not disturbed:
        return []
    count = f"{len(disturbed)} of {len(lines)} runs"
    return [f"- {count} were disturbed: others took more than {_QUIET_SHARE:.0%} of the machine."]


def main(argv: list[str]) -> int:
    """Print the report; write the plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--plot", type=Path, help="SVG of the gaps; one per budget")
    options = parser.parse_args(argv)
    lines, absent = read(options.results)
    settings = sorted({(line["budget_s"], line["cores"]) for line in lines})
    for budget_s, cores in settings:
        own = [line for line in lines if (line["budget_s"], line["cores"]) == (budget_s, cores)]
        text, cases = section(own, f"{budget_s:g} s on {cores} cores")
        print(f"{text}\n")
        if options.plot is not None and cases:
            stem = options.plot.stem + ("" if len(settings) == 1 else f"-{budget_s:g}s-{cores}")
            title = f"Gap to the best, {budget_s:g} s on {cores} cores"
            plot = gap_plot([(case.data, case.gaps) for case in cases], title)
            options.plot.with_stem(stem).write_text(plot, encoding="utf-8")
    for line in absent:
        print(f"- {line['framework']} was not compared: {line['reason']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
