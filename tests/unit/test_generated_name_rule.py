"""The page knows the rule for names from tables, so that it can't say something else than we do."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator():
    path = ROOT / "tools/generate_name_rule.py"
    spec = importlib.util.spec_from_file_location("generate_name_rule", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_in_the_browser_are_not_stale(generator):
    """Comparable only with the oldest Python that we support: later ones know more characters."""
    import unicodedata  # noqa: PLC0415 - only to know whether the tables are comparable

    if unicodedata.unidata_version == "14.0.0":
        assert generator.TABLES.read_text(encoding="utf-8") == generator.tables()
        assert generator.VECTORS.read_text(encoding="utf-8") == generator.vectors()
