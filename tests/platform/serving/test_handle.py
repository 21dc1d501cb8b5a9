"""What the asking side makes of a model process that misbehaves, and how processes are shared."""

import functools
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from accredit_platform.errors import (
    HostCrashed,
    HostFailed,
    HostRefused,
    HostStopped,
    HostTimeout,
    PlatformError,
)
from accredit_platform.serving.handle import ModelHost
from accredit_platform.serving.hosts import ModelHosts
from tests.platform.jobs.conftest import is_running
from tests.platform.serving import sample_host

PROGRAM = (sys.executable, sample_host.__file__)
start = functools.partial(ModelHost.start, timeout_s=20.0, program=PROGRAM)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("slow_to_load", HostTimeout, id="slow"),
        pytest.param("aborts_loading", HostFailed, id="dead"),
    ],
)
def test_a_host_that_does_not_load_is_an_error(
    tmp_path: Path, name: str, error: type[PlatformError]
) -> None:
    with pytest.raises(error) as failed:
        ModelHost.start(tmp_path / name, "d", timeout_s=2.0, program=PROGRAM)

    assert failed.value.facts["digest"] == "d"


def test_a_host_that_hangs_is_ended_and_comes_back(tmp_path: Path) -> None:
    host = start(tmp_path / "hangs", "d", answer_timeout_s=0.3)
    first = host.pid

    with pytest.raises(HostTimeout):
        host.answer([{}], reasons=False)
    was_alive = host.alive
    with pytest.raises(HostTimeout):
        host.answer([{}], reasons=False)
    host.close()

    assert first is not None
    assert not was_alive
    assert not is_running(first)


@pytest.mark.parametrize("name", ["crashes", "babbles", "too_few"])
def test_a_question_that_kills_the_host_twice_is_given_up(tmp_path: Path, name: str) -> None:
    host = start(tmp_path / name, "d")

    with pytest.raises(HostCrashed):
        host.answer([{}], reasons=False)
    host.close()


def test_a_question_survives_one_crash(tmp_path: Path) -> None:
    host = start(tmp_path / "crashes_once", "d")

    answers = host.answer([{}, {}], reasons=False)
    host.close()

    assert [answer["score"] for answer in answers] == [0.5, 0.5]


def test_a_stopped_host_answers_nothing(tmp_path: Path) -> None:
    host = start(tmp_path / "fine", "d")

    host.close()

    with pytest.raises(HostStopped):
        host.answer([{}], reasons=False)


def test_questions_that_wait_are_answered_together_and_a_bad_row_spoils_only_its_own(
    tmp_path: Path,
) -> None:
    host = start(tmp_path / "takes_its_time", "d")
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        rows = [{"bad": True}] if number == 7 else [{"n": number}, {"n": -number}]
        try:
            answers[number] = host.answer(rows, reasons=number % 3 == 0)
        except HostRefused as error:
            answers[number] = error.facts["reason"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    host.close()

    assert answers.pop(7) == "unfit"
    assert len(answers) == 22
    for number, given in answers.items():
        assert isinstance(given, list)
        assert [answer["row"] for answer in given] == [{"n": number}, {"n": -number}]
    assert max(given[0]["batch"] for given in answers.values() if isinstance(given, list)) > 2


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[ModelHosts]:
    """Two processes at most."""
    hosts = ModelHosts(lambda digest: tmp_path / digest, limit=2, start=start)
    yield hosts
    hosts.close()


def test_many_first_questions_start_one_process(hosts: ModelHosts) -> None:
    seen: Counter[int] = Counter()
    threads = [
        threading.Thread(
            target=lambda: seen.update([hosts.answer("a", [{}], reasons=False)[0]["pid"]])
        )
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(seen.values()) == [8]


def test_the_process_used_longest_ago_makes_room(hosts: ModelHosts) -> None:
    hosts.warm("a")
    hosts.warm("b")
    hosts.answer("a", [{}], reasons=False)

    hosts.warm("c")
    running = hosts.running
    hosts.stop("a")
    hosts.stop("never there")

    assert running == ["a", "c"]
    assert hosts.running == ["c"]


def test_more_models_than_processes_are_all_answered(hosts: ModelHosts) -> None:
    failures: list[PlatformError] = []

    def ask(digest: str) -> None:
        try:
            for _ in range(3):
                hosts.answer(digest, [{}], reasons=False)
        except PlatformError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(digest,)) for digest in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(hosts.running) <= 2


def test_closed_hosts_start_nothing(hosts: ModelHosts) -> None:
    hosts.warm("a")

    hosts.close()

    with pytest.raises(HostStopped):
        hosts.answer("a", [{}], reasons=False)
    assert hosts.running == []


def test_at_least_one_process_is_needed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ModelHosts(Path, limit=0)
