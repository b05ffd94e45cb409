"""The batch runner with a transaction that only remembers: what is undone, retried and released."""

import json
import threading

import pytest

from localgateway.functions.connections import Broadcast, Connections
from localgateway.functions.runner import (
    LARGEST_BATCH,
    LARGEST_BATCH_CHARACTERS,
    MOST_OF_ONE,
    BatchRunner,
)
from localgateway.machine.actions import Invoke, Raised, Returned
from tests.gateway.harness import Ledger


class Bench:
    """A runner whose thread is not started: the test runs its rounds."""

    def __init__(self, handler, fail=lambda _verb: False, lost=lambda _event: "lost"):
        self.ledger = Ledger(fail)
        self.connections = Connections()
        self.released = []
        self.runner = BatchRunner(
            {"app": handler},
            self.ledger,
            self.connections,
            on_lost_commit=lost,
            on_completed=self.released.append,
        )

    def invoke(self, *bodies, function="app", person=""):
        """Queue an invocation for each body, each on a connection of its own."""
        for number, body in enumerate(bodies):
            self.runner.submit(Invoke(number, f"c{number}", function, {"body": body}, person))

    def round(self):
        """Run one round, and give what it released in one go."""
        self.runner._round()
        return self.released.pop(0) if self.released else []


def echo(event, _context):
    """Answer with the body; raise it if it says so."""
    if "raise" in event["body"]:
        raise RuntimeError(event["body"])
    return event["body"]


def outcomes(completed):
    """Give what a batch came to."""
    return [done.outcome for done in completed]


def test_all_that_waits_is_one_transaction_and_one_release_in_order():
    bench = Bench(echo)
    bench.invoke("a", "b", "c")

    released = bench.round()

    assert outcomes(released) == [Returned("a"), Returned("b"), Returned("c")]
    assert [done.invocation.invocation_id for done in released] == [0, 1, 2]
    assert bench.ledger.verbs == ["begin", *["savepoint", "release"] * 3, "commit"]


def test_a_lone_message_is_a_batch_of_one():
    bench = Bench(echo)
    bench.invoke("a")

    assert outcomes(bench.round()) == [Returned("a")]
    assert bench.ledger.verbs == ["begin", "savepoint", "release", "commit"]


def test_a_batch_has_an_end():
    bench = Bench(echo)
    bench.invoke(*map(str, range(LARGEST_BATCH + 1)))

    assert len(bench.round()) == LARGEST_BATCH
    assert len(bench.round()) == 1


def test_nothing_is_released_before_the_commit():
    seen = []
    bench = Bench(echo, lambda verb: seen.append((verb, list(bench.released))) or False)
    bench.invoke("a", "b")

    bench.round()

    assert ("commit", []) in seen


def test_a_handler_that_raises_is_undone_alone_and_what_it_said_is_forgotten():
    def handler(event, _context):
        bench.connections.send(["c1"], event["body"].encode())
        return echo(event, None)

    bench = Bench(handler)
    bench.invoke("a", "raise b", "c")

    released = bench.round()

    assert outcomes(released) == [Returned("a"), Raised("raise b"), Returned("c")]
    assert [done.broadcasts for done in released] == [
        [Broadcast(("c1",), b"a")],
        [],
        [Broadcast(("c1",), b"c")],
    ]
    verbs = bench.ledger.verbs
    assert verbs == [
        "begin",
        "savepoint",
        "release",
        "savepoint",
        "undo",
        "savepoint",
        "release",
        "commit",
    ]


def test_a_function_that_is_not_there_is_a_failure_like_any_other():
    bench = Bench(echo)
    bench.invoke("a", function="none")

    (outcome,) = outcomes(bench.round())
    assert isinstance(outcome, Raised)


def test_a_commit_that_fails_for_good_gives_everybody_the_answer_for_it():
    lost = []
    bench = Bench(
        echo, lambda verb: verb == "commit", lambda event: lost.append(event["body"]) or "sorry"
    )
    bench.invoke("a", "b")

    released = bench.round()

    assert outcomes(released) == [Returned("sorry"), Returned("sorry")]
    assert lost == ["a", "b"]
    assert [done.broadcasts for done in released] == [[], []]
    assert bench.ledger.verbs.count("rollback") == 3


def test_a_batch_that_fails_is_run_again_one_by_one():
    failures = iter([True, False, True, False])
    bench = Bench(echo, lambda verb: verb == "commit" and next(failures))
    bench.invoke("a", "b", "c")

    released = bench.round()

    assert outcomes(released) == [Returned("a"), Returned("lost"), Returned("c")]


def test_what_was_said_in_a_lost_batch_is_said_once_after_the_retry():
    def handler(event, _context):
        bench.connections.send(["x"], event["body"].encode())
        return event["body"]

    failures = iter([True, False, False])
    bench = Bench(handler, lambda verb: verb == "commit" and next(failures))
    bench.invoke("a", "b")

    said = [broadcast.data for done in bench.round() for broadcast in done.broadcasts]

    assert said == [b"a", b"b"]
    assert bench.connections.drain() == []


@pytest.mark.parametrize("verb", ["begin", "savepoint", "release", "undo"])
def test_a_store_that_fails_in_any_verb_loses_the_invocation_and_not_the_thread(verb):
    bench = Bench(echo, lambda asked: asked == verb)
    bench.invoke("raise a" if verb == "undo" else "a")

    assert outcomes(bench.round()) == [Returned("lost")]


def test_a_store_that_has_rolled_back_by_itself_is_not_asked_twice():
    bench = Bench(echo, lambda verb: verb in {"commit", "rollback"})
    bench.invoke("a")

    assert outcomes(bench.round()) == [Returned("lost")]


def test_an_answer_for_a_lost_commit_that_fails_is_a_failure_like_any_other():
    def lost(_event):
        raise RuntimeError("no answer")

    bench = Bench(echo, lambda verb: verb == "commit", lost)
    bench.invoke("a")

    assert outcomes(bench.round()) == [Raised("no answer")]


def test_logs_say_what_was_raised_and_where_but_not_what_people_wrote(caplog):
    bench = Bench(echo)
    bench.invoke("raise secret words")

    bench.round()

    assert "app raised RuntimeError at " in caplog.text
    assert "secret" not in caplog.text


def test_a_task_runs_between_batches_with_its_answer_or_its_failure():
    bench = Bench(echo)
    bench.invoke("a")
    good = bench.runner.call(lambda: list(bench.ledger.verbs))
    bad = bench.runner.call(lambda: json.loads("{"))

    bench.round()

    assert good.result(0)[-1] == "commit"
    assert isinstance(bad.exception(0), ValueError)


def test_a_task_that_nobody_waits_for_any_more_harms_nothing():
    bench = Bench(echo)
    ran = []
    task = bench.runner.call(lambda: ran.append(1))
    task.cancel()
    bench.invoke("a")

    assert outcomes(bench.round()) == [Returned("a")]
    assert ran == []


def test_a_stop_finishes_what_is_queued_and_ends_the_thread():
    bench = Bench(echo)
    bench.invoke(*map(str, range(1000)))
    bench.runner.start()

    assert bench.runner.stop(10)
    assert [done.outcome.value for batch in bench.released for done in batch] == [
        str(n) for n in range(1000)
    ]


def test_a_stop_tells_that_a_handler_did_not_end_in_time():
    hold = threading.Event()
    bench = Bench(lambda *_: hold.wait(60))
    bench.invoke("a")
    bench.runner.start()

    assert not bench.runner.stop(0.01)
    hold.set()
    assert bench.runner.stop(10)


def test_a_send_tells_who_is_gone_and_is_kept_until_it_is_taken():
    connections = Connections()
    connections.live = {"a", "b"}

    assert connections.send(iter(["a", "x"]), b"1") == {"x"}
    assert connections.send(["b"], b"2") == set()
    assert connections.drain() == [Broadcast(("a", "x"), b"1"), Broadcast(("b",), b"2")]
    assert connections.drain() == []


def test_a_batch_ends_when_its_texts_are_long():
    bench = Bench(echo)
    bench.invoke(*["x" * (LARGEST_BATCH_CHARACTERS // 2)] * 3)

    assert len(bench.round()) == 2
    assert len(bench.round()) == 1


def test_without_a_transaction_everybody_is_told_at_once():
    """Each try may take its time: one for the batch, not one for each of it."""
    bench = Bench(echo, fail=lambda verb: verb == "begin")
    bench.invoke("a", "b", "c")

    assert outcomes(bench.round()) == [Returned("lost")] * 3
    assert bench.ledger.verbs.count("begin") == 1


def test_a_stop_that_takes_too_long_drops_what_waits():
    started, go_on = threading.Event(), threading.Event()

    def slow(_event, _context):
        started.set()
        assert go_on.wait(60)

    bench = Bench(slow)
    bench.runner.start()
    bench.invoke("first")
    assert started.wait(60)
    bench.invoke("second")

    assert not bench.runner.stop(0.6)
    go_on.set()
    bench.runner._thread.join(10)
    assert [[done.invocation.event["body"] for done in batch] for batch in bench.released] == [
        ["first"]
    ]


def test_a_person_who_sent_much_before_has_a_small_part_of_the_batch():
    bench = Bench(echo)
    bench.invoke(*["much"] * 1000, person="flooder")
    bench.invoke("one", "two", person="ann")
    bench.invoke("three", person="bob")

    first = [done.outcome.value for done in bench.round()]

    assert first == ["much", "one", "three", "much", "two", *["much"] * (MOST_OF_ONE - 2)]


def test_nothing_of_what_a_person_sent_is_lost_or_overtaken():
    bench = Bench(echo)
    sent = [str(n) for n in range(3 * MOST_OF_ONE + 1)]
    bench.invoke(*sent, person="flooder")

    assert [done.outcome.value for _ in range(4) for done in bench.round()] == sent


def test_who_had_no_turn_in_a_full_batch_is_first_in_the_next():
    bench = Bench(echo)
    for n in range(LARGEST_BATCH + 1):
        bench.invoke(f"{n} first", f"{n} second", person=f"p{n}")

    bench.round()

    assert bench.round()[0].outcome == Returned(f"{LARGEST_BATCH} first")


def test_a_stop_finishes_also_what_one_person_has_queued():
    bench = Bench(echo)
    bench.invoke(*["x"] * 100, person="flooder")
    bench.runner.start()

    assert bench.runner.stop(10)
    assert sum(map(len, bench.released)) == 100
