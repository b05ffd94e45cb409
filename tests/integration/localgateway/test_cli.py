"""The command line: what it reads, and the sentence for each thing it can't use."""

import errno
import io
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from localgateway import cli
from localgateway.cli import main, serve_command
from localgateway.serve import Options, _cannot_listen, host_all, read, stamps

ROOT = Path(__file__).parents[3]
HANDLERS = ROOT / "tests/gateway/handlers"


def write(folder, name="api.json", **changes):
    """Write an api.json that could be served, with some of it changed."""
    document = {
        "name": "test",
        "stage": "dev",
        "codeRoot": str(HANDLERS),
        "integrations": {"app": {"handler": "plain.everything"}},
        "routes": {"$default": {"integration": "app", "twoWay": True}},
    } | changes
    path = folder / name
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def options(monkeypatch, tmp_path):
    """Give what `serve` is called with for a command line."""
    seen = []
    monkeypatch.setattr("localgateway.serve.serve", lambda found: seen.append(found) or 0)
    monkeypatch.setattr("localgateway.lines.setup_logging", lambda *_, **__: None)

    def ask(*arguments):
        assert main(["serve", str(write(tmp_path)), *arguments]) == 0
        return seen.pop()

    return ask


def test_without_options_everything_is_as_on_aws(options, tmp_path):
    found = options()

    assert found == Options((tmp_path / "api.json",), limits=found.limits)
    assert (found.limits.idle_seconds, found.limits.lifetime_seconds) == (600, 7200)
    assert found.limits.connects_per_second == 500
    assert found.limits.requests_per_second == 10_000


def test_times_limits_and_places_can_be_set(options, tmp_path):
    found = options(
        *("--host", "::1", "--port", "0", "--port", "9000", "--stage", "test"),
        *("--idle-timeout", "5s", "--lifetime", "1.5m", "--integration-timeout", "250ms"),
        *("--concurrency", "3", "--reload", "--json", "--record", str(tmp_path)),
        *("--credentials", "KEY:SECRET:WITH:COLONS"),
        *("--allow-host", "Dev.Example", "--allow-host", "[fe80:0::1]"),
        *("--faults", "drop=0.5", "--seed", "7"),
    )

    assert found.host == "::1"
    assert found.ports == (0, 9000)
    assert found.stages == ("test",)
    assert (found.limits.idle_seconds, found.limits.lifetime_seconds) == (5, 90)
    assert found.integration_seconds == 0.25
    assert (found.concurrency, found.reload, found.as_json) == (3, True, True)
    assert found.allowed_hosts == ("dev.example", "[fe80::1]")
    assert found.credentials == ("KEY", "SECRET:WITH:COLONS")
    assert found.record == tmp_path
    assert found.faults.seed == 7


@pytest.mark.parametrize(
    ("text", "seconds"), [("50ms", 0.05), ("5s", 5), ("1.5s", 1.5), ("10m", 600), ("2h", 7200)]
)
def test_a_duration_has_a_number_and_a_unit(text, seconds):
    assert cli.duration(text) == seconds


def test_a_key_need_not_stand_on_the_command_line(options, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("KEY:FROM STDIN\n"))
    assert options("--credentials", "-").credentials == ("KEY", "FROM STDIN")
    monkeypatch.setenv("LOCALGATEWAY_CREDENTIALS", "KEY:FROM VARIABLE")
    assert options().credentials == ("KEY", "FROM VARIABLE")
    assert capsys.readouterr().err == ""

    assert options("--credentials", "KEY:SHOWN").credentials == ("KEY", "SHOWN")
    warning = capsys.readouterr().err
    assert "--credentials - reads it from stdin" in warning
    assert "SHOWN" not in warning


@pytest.mark.usefixtures("options")
@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--idle-timeout", "5", "write 500ms, 5s, 10m or 2h"),
        ("--idle-timeout", "0s", "no length of time from 50ms on"),
        ("--lifetime", "-1s", "'-1s' is no length of time"),
        ("--integration-timeout", "30s", "over 29s, which API Gateway does not allow"),
        ("--port", "65536", "'65536' is no port; use 0 to 65535"),
        ("--port", "http", "'http' is no port"),
        ("--stage", "a/b", "'a/b' is not one path segment"),
        ("--concurrency", "0", "'0' is not a number from 1 on"),
        ("--credentials", "KEY", "it must be KEY:SECRET"),
        ("--faults", "drip=1", "is no fault. Did you mean 'drop'?"),
        ("--allow-host", "http://dev.example", "is no host; write dev.example"),
        ("--allow-host", "dev.example:3001", "without a port"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path, capsys, option, value, sentence):
    arguments = [option] if value is None else [option, value]
    code = main(["serve", str(write(tmp_path)), *arguments])

    assert code == 2
    assert sentence in capsys.readouterr().err


def test_any_key_and_one_key_are_not_asked_for_together(options, tmp_path, capsys):
    assert options("--any-key").any_key

    arguments = ("--any-key", "--credentials", "KEY:SECRET")
    assert main(["serve", str(write(tmp_path)), *arguments]) == 2
    assert "--any-key: with --credentials only that key counts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"integrations": {"app": {"handler": "nowhere.handler"}}},
            "integrations.app.handler: there is no module 'nowhere' in",
        ),
        (
            {"integrations": {"app": {"handler": "wants.handler"}}},
            "integrations.app.handler: the module 'wants' can't be imported",
        ),
        (
            {"integrations": {"app": {}}},
            "integrations.app.handler: it is missing; name the function as package.module.",
        ),
        (
            {"integrations": {"app": {"handler": "handler"}}},
            "integrations.app.handler: 'handler' is no function; write package.module.function",
        ),
        (
            {"routes": {"$default": {"integration": "ap"}}},
            "routes.$default.integration: there is no integration 'ap'; did you mean 'app'?",
        ),
        ({"stage": "dev/eu"}, "stage: 'dev/eu' is not one path segment"),
        ({"codeRoot": "nowhere"}, "codeRoot: there is no folder"),
    ],
)
def test_an_api_that_cannot_be_served_is_a_sentence_with_file_key_and_remedy(
    tmp_path, capsys, changes, sentence
):
    path = write(tmp_path, **changes)

    assert main(["serve", str(path), "--port", "0"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"localgateway: {path}: {sentence}")


def test_two_routes_of_one_key_are_refused(tmp_path, capsys):
    path = write(tmp_path)
    route = '"$default": {"integration": "app", "twoWay": true}'
    text = path.read_text()
    assert route in text
    path.write_text(text.replace(route, f"{route}, {route}"))

    assert main(["serve", str(path)]) == 2
    assert "the key '$default' is there twice" in capsys.readouterr().err


def test_a_port_in_use_is_named(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert (
            main(["serve", str(write(tmp_path)), "--host", "127.0.0.1", "--port", str(port)]) == 2
        )
    assert f"--port: {port} is taken by another program" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EADDRINUSE, "--port: 80 is taken by another program; choose another, or 0"),
        (errno.EACCES, "--port: 80 needs more rights than you have; choose one over 1023."),
        (errno.EADDRNOTAVAIL, "--host: h is no address of this machine; try localhost."),
    ],
)
def test_what_cannot_be_listened_on_has_its_remedy(number, sentence):
    assert str(_cannot_listen("h", 80, OSError(number, "no"))).startswith(sentence)


@pytest.mark.parametrize(
    ("host", "url", "own"),
    [
        ("127.0.0.1", "ws://localhost:", "http://127.0.0.1:"),
        ("", "ws://localhost:", "http://127.0.0.1:"),
        ("::", "ws://localhost:", "http://127.0.0.1:"),
        ("::1", "ws://[::1]:", "http://[::1]:"),
        ("192.168.1.20", "ws://192.168.1.20:", "http://192.168.1.20:"),
    ],
)
def test_an_api_is_shown_where_clients_and_handlers_can_reach_it(
    tmp_path, monkeypatch, host, url, own
):
    (one,) = host_all(Options([write(tmp_path)], host=host))
    monkeypatch.setattr(type(one.server), "port", 3001)

    assert one.url == f"{url}3001/dev"
    assert one.runner._address() == f"{own}3001"


def test_an_address_that_is_not_ours_is_named(tmp_path, capsys):
    assert main(["serve", str(write(tmp_path)), "--host", "192.0.2.1", "--port", "0"]) == 2
    assert "--host: 192.0.2.1 is no address of this machine" in capsys.readouterr().err


def test_a_folder_for_events_that_cannot_be_used_is_named(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")

    assert main(["serve", str(write(tmp_path)), "--record", str(file)]) == 2
    assert f"--record: {file} can't be used" in capsys.readouterr().err


def test_apis_share_a_port_by_stage_or_have_one_each(tmp_path):
    files = [write(tmp_path, f"{stage}.json", stage=stage) for stage in ("one", "other", "third")]

    shared = host_all(Options(files))
    apart = host_all(Options(files[:2], ports=(1, 2)))
    renamed = host_all(Options([files[0], files[0]], stages=("a", "b")))

    assert {one.server.server_for("other") for one in shared} == {shared[1].server}
    assert apart[0].server.server_for("other") is None
    assert [one.api.stage for one in renamed] == ["a", "b"]


def test_two_apis_on_one_stage_and_port_are_refused(tmp_path, capsys):
    one, other = write(tmp_path, "one.json"), write(tmp_path, "other.json")

    assert main(["serve", str(one), str(other)]) == 2
    assert capsys.readouterr().err == (
        f"localgateway: {other}: stage: 'dev' is served for {one} already; "
        "give this one its own with a further --port or --stage.\n"
    )


def test_an_integration_time_from_the_command_line_is_every_routes(tmp_path):
    api = read(write(tmp_path), Options((), integration_seconds=0.2))

    assert [route.timeout_seconds for route in api.routes.values()] == [0.2]


def test_what_reload_watches_is_the_file_and_the_code_below_it(tmp_path):
    for name in ("a.py", "pkg/b.py", "pkg/c.txt", ".venv/d.py", "node_modules/e.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    path = write(tmp_path, codeRoot=".")

    found = stamps(read(path, Options(())))

    assert {str(p.relative_to(tmp_path)) for p in found} == {"api.json", "a.py", "pkg/b.py"}


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 2
    assert "localgateway serve api.json" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("localgateway ")


def test_ctrl_c_before_the_start_is_no_trace(monkeypatch, tmp_path):
    def interrupt(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("localgateway.serve.serve", interrupt)
    monkeypatch.setattr("localgateway.lines.setup_logging", lambda *_, **__: None)

    assert main(["serve", str(write(tmp_path))]) == 130


def test_replay_takes_the_events_and_the_api(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        "localgateway.dev.replay.replay", lambda api, files: seen.append((api.name, files)) or 0
    )

    assert main(["replay", "event.json", "--api", str(write(tmp_path))]) == 0
    assert seen == [("test", (Path("event.json"),))]


def test_the_command_line_alone_imports_nothing_that_takes_long():
    heavy = ["aiohttp", "asyncio", "fastjsonschema", "websockets"]
    code = f"import sys, localgateway.cli; sys.exit(not sys.modules.keys().isdisjoint({heavy}))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_help_names_the_defaults():
    shown = {option.name: option.help for option in serve_command.params[1:]}

    assert shown["host"].endswith(f"default: {Options(()).host}")
    assert f"default: {Options(()).ports[0]}" in shown["ports"]
    assert shown["idle_timeout"].endswith("default: 10m")
    assert shown["lifetime"].endswith("default: 2h")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["serve", "--help"], ["replay", "-h"]])
def test_help_is_no_error(capsys, words):
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: localgateway")


def test_ctrl_c_ends_a_command_without_a_word(capsys, monkeypatch):
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("localgateway.serve.read", interrupted)

    assert main(["replay", "event.json"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_handlers_end_of_input_is_no_ctrl_c(monkeypatch):
    def ended(*_: object) -> int:
        raise EOFError

    monkeypatch.setattr("localgateway.serve.read", ended)

    with pytest.raises(EOFError):
        main(["replay", "event.json"])
