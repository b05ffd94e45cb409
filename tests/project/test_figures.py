"""The figures that keep the source small: each is measured, and each can fail."""

import shutil

import figures
import pytest

CONTRACT = '[[tool.importlinter.contracts]]\nid = "layers"\n'
LONG = "".join(f"    {name} = 1\n" for name in "abcdefghijklmnopqrstuvwxyzabcdefghijklmno")


@pytest.fixture
def repository(tmp_path):
    """Write a repository in which every figure is within its limit."""

    def write(**files):
        fine = {
            "pyproject.toml": CONTRACT,
            "src/fireside/__init__.py": "",
            "src/fireside/chat.py": "from fireside.domain import rules\n",
            "src/fireside/domain/__init__.py": "",
            "src/fireside/domain/rules.py": "def rule():\n    return 1\n",
            "src/localgateway/__init__.py": "",
        }
        for name, text in {**fine, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return write


TOO_MUCH = {
    "widest folder, Python files": {
        f"src/fireside/domain/rule{number}.py": "" for number in range(figures.MOST_FILES)
    },
    "circles between folders": {"src/fireside/domain/rules.py": "from fireside import chat\n"},
    "longest function in fireside, lines": {"src/fireside/chat.py": f"def f():\n{LONG}"},
    "longest function in localgateway, lines": {"src/localgateway/net.py": f"def f():\n{LONG}"},
    "exceptions in the import contracts": {
        "pyproject.toml": f'{CONTRACT}ignore_imports = ["fireside.chat -> fireside.cli"]\n'
    },
}


def over(root):
    return [figure.name for figure in figures.measure(root) if figure.over]


def test_a_small_source_is_within_every_limit(repository, capsys):
    root = repository()

    assert over(root) == []
    assert figures.main(["--root", str(root)]) == 0
    assert "NOT OK" not in capsys.readouterr().out


@pytest.mark.parametrize("name", TOO_MUCH)
def test_each_figure_can_fail(repository, capsys, name):
    root = repository(**TOO_MUCH[name])

    assert over(root) == [name]
    assert figures.main(["--root", str(root)]) == 1
    assert "NOT OK" in capsys.readouterr().out


def test_every_figure_was_tried(repository):
    assert {figure.name for figure in figures.measure(repository())} == set(TOO_MUCH)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("def f():\n    return 1\n", 2),
        ("@cached\n@wrapped\ndef f():\n    return 1\n", 2),
        ('def f():\n    """One.\n\n    Two.\n    """\n\n    # Three.\n    return 1  # Four.\n', 2),
        ('def f():\n    return """One.\n\n    Two.\n    """\n', 5),
        ("def f(\n    a,\n    b,\n):\n    return (\n        a\n    )\n", 7),
    ],
)
def test_lines_are_counted_as_a_reader_does(tmp_path, text, size):
    (tmp_path / "module.py").write_text(text, "utf-8")

    assert [found.size for found in figures.functions(tmp_path)] == [size]


def test_a_function_counts_the_functions_inside_it(tmp_path):
    text = "def outer():\n    async def inner():\n        return 1\n    return inner\n"
    (tmp_path / "module.py").write_text(text, "utf-8")

    found = {one.where.split()[-1]: one.size for one in figures.functions(tmp_path)}

    assert found == {"outer": 4, "inner": 2}


@pytest.mark.parametrize(
    "back",
    [
        "import fireside.chat\n",
        "from fireside.chat import Chat\n",
        "from fireside import chat\n",
        "def f():\n    import fireside.chat\n",
        "if TYPE_CHECKING:\n    from fireside.chat import Chat\n",
    ],
)
def test_a_circle_is_found_however_it_is_imported(repository, back):
    root = repository(**{"src/fireside/domain/rules.py": back})

    [circle] = figures.circles(root / "src")

    assert set(circle.split(" -> ")) == {"fireside.chat", "fireside.domain"}


def test_a_circle_between_folders_needs_no_circle_of_modules(repository):
    one = {"src/fireside/domain/names.py": "from fireside.cli import show\n"}
    other = {
        "src/fireside/cli/__init__.py": "",
        "src/fireside/cli/show.py": "",
        "src/fireside/cli/main.py": "import fireside.domain.rules\n",
    }

    assert len(figures.circles(repository(**one, **other) / "src")) == 1


def test_the_two_packages_may_not_import_each_other(repository):
    root = repository(
        **{
            "src/fireside/chat.py": "import localgateway\n",
            "src/localgateway/net.py": "import fireside.chat\n",
        }
    )

    [circle] = figures.circles(root / "src")

    assert set(circle.split(" -> ")) == {"fireside", "localgateway"}


def test_all_that_is_over_its_limit_is_named(repository, capsys):
    root = repository(**{"src/fireside/chat.py": f"def f():\n{LONG}\ndef g():\n{LONG}"})

    figures.main(["--root", str(root), "--all"])

    printed = capsys.readouterr().out
    assert "fireside/chat.py:1 f" in printed
    assert "chat.py:44 g" in printed


@pytest.mark.skipif(shutil.which("node") is None, reason="No Node: the page can't be measured")
@pytest.mark.parametrize("code", [0, 1])
def test_the_page_has_figures_of_its_own(repository, code):
    script = {"web/scripts/figures.mjs": f"process.exitCode = {code};\n"}

    assert figures.main(["--root", str(repository(**script))]) == code
