"""The browser's types are made from ours, so they can't say something else."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location(
        "generate_frames", ROOT / "tools/generate_frames.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_in_the_browser_are_not_stale(generator):
    written = (ROOT / "web/src/wire/frames.ts").read_text(encoding="utf-8")

    assert written == generator.generate(), "run python tools/generate_frames.py"


def test_generating_twice_gives_the_same(generator, tmp_path, monkeypatch):
    target = tmp_path / "new" / "frames.ts"
    monkeypatch.setattr(generator, "TARGET", target)

    generator.main()

    assert target.read_text(encoding="utf-8") == generator.generate()


def test_optional_and_nullable_fields_are_told_apart(generator):
    text = generator.generate()

    assert "  nonce?: string;" in text
    assert "  prev: number | null;" in text
    assert "  resume?: Record<string, Cursor>;" in text
    assert '  action: "sendMessage";' in text
