"""What is recorded here, Fireside's own `invoke` reads: both have the bare event."""

import functools
import json
from pathlib import Path

from fireside.cli.invoke import invoke
from localgateway.dev import recording
from localgateway.dev.recording import Recorder
from localgateway.serve import Options, host_all
from tests.gateway.harness import gateway, on_loop

EXAMPLES = Path(__file__).parents[2] / "examples"


@on_loop
async def test_fireside_invokes_a_recorded_event(tmp_path, capsys):
    wrap = functools.partial(recording.record, recorder=Recorder(tmp_path))
    async with gateway(wrap=wrap) as running:
        client = await running.join("/ws?username=Ada")
        client.say('{"action":"tell"}')
        client.say('{"action":"echo"}')
        await client.text()

    connect, tell, echo, *_ = sorted(tmp_path.iterdir())
    assert json.loads(echo.read_text())["body"] == '{"action":"echo"}'
    assert "-tell-" in tell.name
    assert invoke("$connect", event=str(connect), username="Ada", data=None) == 0
    assert json.loads(capsys.readouterr().out)["statusCode"] == 200


def test_several_apis_share_one_count(tmp_path):
    files = (EXAMPLES / "echo/api.json", EXAMPLES / "authorizer_with_context/api.json")
    one, other = host_all(Options(files, stages=("a", "b"), record=tmp_path))

    assert one.server.runner._recorder is other.server.runner._recorder
