"""Handlers as written for Lambda, in processes of their own (rows 4, 33 to 36, 38, 40 to 44)."""

import asyncio
import dataclasses
import json
import logging
import os
import re

import pytest

from localgateway.functions.runner import Completed
from localgateway.functions.workers import WorkerRunner
from localgateway.machine.actions import Invoke
from localgateway.machine.api import ApiError, parse
from localgateway.machine.limits import Limits
from tests.gateway.harness import on_loop, pass_time
from tests.gateway.processes import HANDLERS, LogLines, document, serving

INTERNAL = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
NO_PINGS = Limits(ping_seconds=1_000, ping_timeout_seconds=1_000)


@pytest.fixture
def log():
    """Hear what is logged; the suite's own settings come back afterwards."""
    lines, root = LogLines(), logging.getLogger("localgateway")
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(lines)
    root.setLevel(level)


async def asked(client, do, **fields):
    client.ask("echo", do=do, **fields)
    return await client.json()


@on_loop
async def test_a_handler_runs_as_in_lambda_with_its_context_and_environment():
    api = document(memoryMegabytes=256, environment={"GREETING": "hello"}) | {
        "stageVariables": {"table": "messages"}
    }
    async with serving(api) as running:
        found = await asked(await running.join(), "look")

    context, environment = found["context"], found["environment"]
    assert context["function_name"] == environment["AWS_LAMBDA_FUNCTION_NAME"] == "test-app"
    assert context["function_version"] == "$LATEST"
    assert context["memory_limit_in_mb"] == "256"
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", context["aws_request_id"])
    assert context["invoked_function_arn"].endswith(":function:test-app")
    assert context["log_group_name"] == "/aws/lambda/test-app"
    assert "[$LATEST]" in context["log_stream_name"]
    assert context["client_context"] is None
    assert environment["_HANDLER"] == "plain.everything"
    assert environment["GREETING"] == "hello"
    assert environment["TZ"] == ":UTC"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"]
    assert environment["AWS_EXECUTION_ENV"].startswith("AWS_Lambda_python3.")
    assert environment["AWS_ACCESS_KEY_ID"]
    assert environment["LAMBDA_TASK_ROOT"] == found["folder"] == str(HANDLERS)
    assert found["variables"] == {"table": "messages"}
    assert found["stdin"] == ""


@on_loop
async def test_the_remaining_time_counts_down_from_the_functions_own_time():
    async with serving(document(timeoutSeconds=700)) as running:
        found = await asked(await running.join(), "sleep", seconds=0.1)

    assert 500_000 < found["before"] <= 700_000
    assert found["before"] - found["after"] >= 100


@on_loop
async def test_what_is_printed_goes_to_the_log_with_the_request_id(log):
    async with serving(document()) as running:
        client = await running.join()
        first = json.loads(await said(client, "speak", n=1))
        second = json.loads(await said(client, "speak", n=2))
        await said(client, "child")

    assert first != second
    assert ("printed 1", first) in log.said()
    assert ("printed 2", second) in log.said()
    assert [request for text, request in log.said() if text == "to stderr"] == [first, second]
    assert ("raw, with no newlinefrom the context", first) in log.said()
    logged = [text for text, request in log.said() if text.endswith("logged 2")]
    assert re.fullmatch(rf"\[WARNING\]\t\S+Z\t{second}\tlogged 2", logged[0])
    assert "from a child" in [text for text, _ in log.said()]


async def said(client, do, **fields):
    client.ask("echo", do=do, **fields)
    return await client.text()


@on_loop
async def test_each_event_is_one_line_with_its_duration(log):
    async with serving(document()) as running:
        await asked(await running.join(), "sleep", seconds=0.05)

    lines = [r for r in log.records if hasattr(r, "ms")]
    assert [r.route for r in lines] == ["$connect", "echo"]
    assert lines[1].ms >= 50
    assert re.fullmatch(r"echo answered 200 in \d+\.\d ms", lines[1].getMessage())


ALIKE = ("leave", "abort", "orphan", "hold", "nothing", "unserialisable", "deep", "scribble")
"""What else a handler may do; each ends as one of those that the quick part tries."""


@pytest.mark.parametrize(
    "harm",
    [
        *("fail", "die", "nonsense", "huge"),
        *(pytest.param(one, marks=pytest.mark.long) for one in ALIKE),
    ],
)
@on_loop
async def test_rows_33_to_35_whatever_a_handler_does_only_its_own_client_hears_of_it(harm):
    async with serving(document()) as running:
        client, other = await running.join(), await running.join()
        other.ask("echo", do="sleep", seconds=0.3, n=1)
        frame = await asked(client, harm)

        assert frame["message"] == INTERNAL
        assert frame["connectionId"]
        assert (await other.json())["n"] == 1
        assert (await asked(client, "echo", n=2))["n"] == 2


@on_loop
async def test_a_raise_costs_no_process_and_a_death_gets_a_new_one():
    async with serving(document(), concurrency=1) as running:
        client = await running.join()
        first = await asked(client, "echo")
        await asked(client, "fail")
        second = await asked(client, "echo")
        await asked(client, "die")
        third = await asked(client, "echo")

    assert second["pid"] == first["pid"]
    assert second["calls"] == first["calls"] + 2
    assert third["pid"] != first["pid"]
    assert third["calls"] == 1


@on_loop
async def test_a_handler_that_closes_its_own_output_costs_nobody_anything():
    async with serving(document(), concurrency=1) as running:
        client = await running.join()
        first = await asked(client, "mute")
        assert (await asked(client, "fail"))["message"] == INTERNAL
        second = await asked(client, "echo")

    assert second["pid"] == first["pid"]


@on_loop
async def test_row_36_past_the_integrations_time_the_client_is_told_and_the_function_goes_on(
    log, tmp_path
):
    file = tmp_path / "here"
    async with serving(document(millis=29_000, timeoutSeconds=900), limits=NO_PINGS) as running:
        client = await running.join()
        client.ask("echo", do="wait", file=str(file))
        await running.until(lambda: running.server.gateway.in_flight() == 1)
        await pass_time(30)
        assert (await client.json())["message"] == TIMED_OUT
        file.touch()
        await running.until(lambda: "echo" in [getattr(r, "route", None) for r in log.records])

        assert (await asked(client, "echo", n=1))["n"] == 1


@on_loop
async def test_an_endless_loop_is_answered_in_time_and_its_process_replaced(log):
    async with serving(document(millis=29_000), concurrency=1, limits=NO_PINGS) as running:
        client, other = await running.join(), await running.join()
        pid = (await asked(client, "echo"))["pid"]
        client.ask("echo", do="spin")
        await running.until(lambda: running.server.gateway.in_flight() == 1)
        await pass_time(30)
        assert (await client.json())["message"] == TIMED_OUT
        after = await asked(other, "echo")

    assert after["pid"] != pid
    assert not is_running(pid)
    assert "Task timed out after 29.00 seconds" in " ".join(r.getMessage() for r in log.records)


@on_loop
async def test_row_38_two_messages_of_one_connection_run_at_once(tmp_path):
    async with serving(document()) as running:
        client, file = await running.join(), str(tmp_path / "here")
        client.ask("echo", do="wait", file=file, n=1)
        client.ask("echo", do="touch", file=file, n=2)
        answers = sorted([await client.json(), await client.json()], key=lambda a: a["n"])

    assert [answer["n"] for answer in answers] == [1, 2]
    assert answers[0]["pid"] != answers[1]["pid"]


@on_loop
async def test_more_than_may_run_at_once_waits_its_turn(tmp_path):
    file = tmp_path / "here"
    async with serving(document(), concurrency=2) as running:
        client = await running.join()
        for n in range(6):
            client.ask("echo", do="wait", file=str(file), n=n)
        await running.until(lambda: running.server.gateway.in_flight() == 6)
        file.touch()
        answers = [await client.json() for _ in range(6)]

    assert {answer["n"] for answer in answers} == set(range(6))
    assert len({answer["pid"] for answer in answers}) == 2


@on_loop
async def test_processes_with_nothing_to_do_end_but_one_stays_warm(monkeypatch, tmp_path):
    file = tmp_path / "here"
    monkeypatch.setattr("localgateway.functions.workers.IDLE_SECONDS", 0.05)
    async with serving(document()) as running:
        client = await running.join()
        for n in range(3):
            client.ask("echo", do="wait", file=str(file), n=n)
        await running.until(lambda: running.server.gateway.in_flight() == 3)
        file.touch()
        pids = {(await client.json())["pid"] for _ in range(3)}
        await running.until(lambda: len([pid for pid in pids if is_running(pid)]) <= 1)
        last = (await asked(client, "echo"))["pid"]

    assert len(pids) == 3
    assert last in pids


@on_loop
async def test_the_end_of_the_gateway_ends_every_process():
    async with serving(document()) as running:
        client = await running.join()
        pids = {(await asked(client, "echo"))["pid"]}
        client.ask("echo", do="spin")
        client.ask("echo", do="echo")
        pids.add((await client.json())["pid"])

    assert not any(map(is_running, pids))


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- What can't be imported -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        ("nowhere.handler", "there is no module 'nowhere' in"),
        ("package.nowhere.handler", "there is no module 'package.nowhere' in"),
        ("plain.everythin", "has no function 'everythin'; did you mean 'everything'?"),
        ("plain.calls", "has no function 'calls'; define it there"),
        ("wants.handler", "No module named 'not_installed' at .*wants.py:3"),
        ("leaves.handler", "its process ended with exit code 5"),
    ],
)
@on_loop
async def test_a_handler_that_cannot_be_had_is_named_with_file_key_and_remedy(
    monkeypatch, handler, sentence
):
    monkeypatch.setattr("localgateway.functions.worker_process._END_SECONDS", 60)
    async with serving(document(handler), warm=False) as running:
        with pytest.raises(ApiError) as refused:
            await running.server.runner.warm()

    assert str(refused.value).startswith("api.json: integrations.app.handler: ")
    assert re.search(sentence, str(refused.value))


@on_loop
async def test_a_syntax_error_is_named_by_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("\n\ndef handler(:\n")
    async with serving(document("broken.handler", root=tmp_path), warm=False) as running:
        with pytest.raises(
            ApiError, match=r"SyntaxError: .* at .*broken\.py:3\); correct it there"
        ):
            await running.server.runner.warm()


@on_loop
async def test_row_4_a_handler_that_cannot_be_imported_gives_502_on_connect():
    async with serving(document("wants.handler"), warm=False) as running:
        client = await running.client()

        assert await client.refused() == (502, INTERNAL)


@on_loop
async def test_an_import_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr("localgateway.functions.worker_process.INIT_SECONDS", 0.3)
    async with serving(document("endless.handler"), warm=False) as running:
        with pytest.raises(ApiError, match=r"importing it took over 0\.3 seconds"):
            await running.server.runner.warm()


@on_loop
async def test_a_handler_in_a_package_is_found_by_dots_and_by_slashes():
    async with serving(document("package.module.handler")) as running:
        assert await said(await running.join(), "") == "package"
    async with serving(document("package/module.handler")) as running:
        assert await said(await running.join(), "") == "package"


@on_loop
async def test_modules_of_two_apis_with_one_name_do_not_collide():
    one, other = (
        document("app.handler", root=HANDLERS / "one"),
        document("app.handler", root=HANDLERS / "other"),
    )
    async with serving(one) as first, serving(other) as second:
        assert await said(await first.join(), "") == "one"
        assert await said(await second.join(), "") == "other"


# --- Authorizers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status"), [("unauthorized", 401), ("deny", 403), ("crash", 500), ("exit", 500)]
)
@on_loop
async def test_row_43_an_authorizer_refuses_from_its_own_process(word, status):
    async with serving(document(door="authorizer.authorize")) as running:
        client = await running.client()

        assert (await client.refused(f"/ws?word={word}"))[0] == status


@on_loop
async def test_an_authorizer_writes_no_line_for_each_stranger(log):
    async with serving(document(door="authorizer.authorize")) as running:
        for word in ("unauthorized", "deny", "deny", "crash", "text"):
            await (await running.client()).refused(f"/ws?word={word}")
        await running.join("/ws?word=please")

    lines = [line.getMessage() for line in log.records]
    assert [line for line in lines if line.startswith("authorizer door")] == []
    assert lines.count("connected") == 1


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("text", "policyDocument is not JSON"), ("large", "over 8192 bytes")],
)
@on_loop
async def test_row_44_an_authorizers_answer_that_is_none_is_said_in_the_log(log, word, sentence):
    async with serving(document(door="authorizer.authorize")) as running:
        client = await running.client()

        assert (await client.refused(f"/ws?word={word}"))[0] == 500
    assert any(sentence in r.getMessage() and "door" in r.getMessage() for r in log.records)


@on_loop
async def test_rows_24_and_40_what_an_authorizer_says_reaches_every_event():
    async with serving(document(door="authorizer.authorize")) as running:
        client = await running.join("/ws?word=please")
        found = await asked(client, "authorizer")

    assert found["principalId"] == "somebody"
    assert found["word"] == "please"


# --- New code ---------------------------------------------------------------------------------


@on_loop
async def test_a_reload_uses_new_code_and_what_runs_finishes_with_the_old(tmp_path):
    code = tmp_path / "app.py"
    source = (
        "import json, os, time\n"
        "def handler(event, context):\n"
        "    file = json.loads(event.get('body') or '{}').get('file', '.')\n"
        "    while not os.path.exists(file):\n"
        "        time.sleep(0.01)\n"
        "    return {'statusCode': 200, 'body': 'VERSION'}\n"
    )
    code.write_text(source.replace("VERSION", "old"))
    api = parse(document("app.handler", root=tmp_path))
    async with serving(api) as running:
        client = await running.join()
        client.ask("echo")
        assert await client.text() == "old"
        client.ask("echo", file=str(tmp_path / "go"))
        await running.until(lambda: running.server.gateway.in_flight() == 1)
        code.write_text(source.replace("VERSION", "brand new"))
        await running.server.runner.reload(api)
        client.ask("echo")

        assert await client.text() == "brand new"
        (tmp_path / "go").touch()
        assert await client.text() == "old"


@on_loop
async def test_each_invocation_is_reported_and_only_the_first_of_a_process_with_its_start():
    reports = []
    async with serving(document(memoryMegabytes=512), report=reports.append) as running:
        client = await running.join()
        for _ in range(2):
            await asked(client, "sleep", seconds=0.05)

    connect, first, second = reports
    assert connect.init_ms > 0
    assert first.init_ms is second.init_ms is None
    assert first.ms >= 50
    assert (first.function, first.memory_megabytes) == ("app", 512)
    assert connect.billed_ms >= connect.ms + connect.init_ms


@on_loop
async def test_an_invocation_that_runs_out_of_time_is_reported_too():
    reports = []
    async with serving(document(timeoutSeconds=20), report=reports.append) as running:
        client = await running.join()
        client.ask("echo", do="spin")
        await running.until(lambda: running.server.gateway.in_flight() == 1)
        await pass_time(21)
        await running.until(lambda: len(reports) == 2)

    assert reports[-1].function == "app"
    assert reports[-1].init_ms is None


# --- The runner alone -------------------------------------------------------------------------


@on_loop
async def test_a_stop_that_runs_out_of_time_says_so_and_leaves_no_process():
    released = []
    runner = WorkerRunner(
        parse(document()), on_completed=released.extend, address=address_of_nobody
    )
    runner.start()
    await runner.warm()
    (worker,) = runner._pools["app"].idle
    runner.submit(invocation({"do": "spin"}))

    assert not await asyncio.to_thread(runner.stop, 0.1)
    assert released == []
    assert not is_running(worker._process.pid)


@on_loop
async def test_a_call_that_comes_while_the_first_process_starts_gets_no_second_one():
    released = []
    runner = WorkerRunner(
        parse(document()), on_completed=released.extend, address=address_of_nobody, concurrency=1
    )
    runner.start()
    warming = asyncio.create_task(runner.warm())
    await asyncio.sleep(0)  # the start is under way
    runner.submit(invocation({"do": "echo"}))
    await warming
    await asyncio.gather(*runner._tasks)

    assert len(released) == 1
    assert runner._pools["app"].size == len(runner._pools["app"].idle) == 1
    assert await runner.end(1)


@on_loop
async def test_a_call_that_comes_before_the_handler_is_known_waits_for_it():
    released = []
    api = parse(document())
    unknown = dataclasses.replace(api.functions["app"], handler=None)
    runner = WorkerRunner(
        dataclasses.replace(api, functions={"app": unknown}),
        on_completed=released.extend,
        address=address_of_nobody,
    )
    runner.start()
    runner.submit(invocation({"do": "echo"}))
    assert not runner._tasks

    await runner.reload(api)
    await asyncio.gather(*runner._tasks)

    assert [one.outcome.value["statusCode"] for one in released] == [200]
    assert await runner.end(1)


@on_loop
async def test_a_function_that_can_not_start_leaves_no_other_half_started():
    api = document()
    api["integrations"]["broken"] = {"handler": "nothing.of_that_name"}
    runner = WorkerRunner(parse(api), on_completed=print, address=address_of_nobody)
    runner.start()

    with pytest.raises(ApiError, match="nothing"):
        await runner.warm()

    assert len(runner._pools["app"].idle) == 1
    assert await runner.end(1)


@on_loop
async def test_a_process_killed_from_outside_while_idle_costs_one_error_at_most():
    released = []
    runner = WorkerRunner(
        parse(document()), on_completed=released.extend, address=address_of_nobody
    )
    runner.start()
    await runner.warm()
    (worker,) = runner._pools["app"].idle
    os.kill(worker._process.pid, 9)
    await worker._process.wait()
    for number in (1, 2):
        runner.submit(invocation({"do": "echo"}))
        await asyncio.wait(runner._tasks)
        assert len(released) == number

    assert isinstance(released[1], Completed)
    assert released[1].outcome.value["statusCode"] == 200
    assert await runner.end(1)


def address_of_nobody():
    return "http://127.0.0.1:1"


def invocation(body):
    context = {"routeKey": "echo", "requestId": "r"}
    return Invoke(1, "c", "app", {"body": json.dumps(body), "requestContext": context})
