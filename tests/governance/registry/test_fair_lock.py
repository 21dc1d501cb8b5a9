"""The write lock of SQLite: one at a time, in the order of asking."""

import threading

import pytest

from accredit_governance.registry.fair_lock import FairLock


def waiting(lock: FairLock) -> int:
    return len(lock._waiting)


def start_and_queue(lock: FairLock, thread: threading.Thread) -> None:
    """Start a thread and come back when it stands in the queue."""
    before = waiting(lock)
    thread.start()
    while waiting(lock) == before:
        thread.join(0.0005)


def test_the_lock_is_granted_in_the_order_of_asking() -> None:
    lock, order = FairLock(), []

    def ask(number: int) -> None:
        with lock:
            order.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    with lock:
        for thread in threads:
            start_and_queue(lock, thread)
    for thread in threads:
        thread.join()

    assert order == list(range(20))


def test_never_are_two_inside() -> None:
    lock, most = FairLock(), 0
    inside = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (inside, most) == (0, 1)


def test_whoever_fails_inside_hands_the_lock_on() -> None:
    lock = FairLock()

    with pytest.raises(ValueError, match="inside"), lock:
        raise ValueError("inside")

    with lock:
        assert waiting(lock) == 0


def test_whoever_was_interrupted_while_waiting_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock = FairLock()

    def interrupted(_: threading.Event) -> bool:
        raise KeyboardInterrupt

    with lock:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Event, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                lock.__enter__()
        assert waiting(lock) == 0

    with lock:
        assert waiting(lock) == 0
