"""A short run of `make fuzz`: nothing breaks, and nothing is left."""

import asyncio
import random

import pytest

from tools.fuzz import fuzz

pytestmark = pytest.mark.long


def test_bad_frames_handshakes_and_requests_break_nothing_and_leave_nothing():
    seed = random.randrange(2**32)
    report = asyncio.run(fuzz(1_500, seed))

    assert report.complaints == [], f"tools/fuzz.py --count 1500 --seed {seed}"
    assert report.sent.total() >= 1_500
    assert all(report.sent[kind] for kind in ("frames", "handshakes", "requests"))


def test_a_leak_is_told(monkeypatch):
    monkeypatch.setattr("tools.fuzz._PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("localgateway.net.server.Server.socket_closed", lambda *_: None)
    report = asyncio.run(fuzz(200, 1))

    assert any("left behind: {'doors': 0" in complaint for complaint in report.complaints)
