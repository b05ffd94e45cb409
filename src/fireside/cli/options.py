"""Options that several commands share: the settings, the stage on AWS, and types of values."""

import functools
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from fireside import environment
from fireside.cli.old_names import print_renamed
from fireside.cloud.deploy.stage import PROJECT, STAGE, find_stage
from fireside.server import found_settings, settings
from fireside.server.settings import (
    RENAMED_KEYS,
    RENAMED_VALUES,
    SETTINGS,
    BadSettings,
    Settings,
)
from fireside.system import DAY_SECONDS

Run = Callable[..., int]
"""What a command does; it returns the exit code."""

FILE = click.Path(path_type=Path)


# --- Settings: a flag counts before a variable, that before fireside.toml, that before a default


def with_settings(*offered: str, unless: str | None = None) -> Callable[[Run], Run]:
    """Pass checked `settings` to a command, and let it take the `offered` ones as flags.

    The others come from the environment and the file alone; a wrong value is an error there too.
    When the option `unless` is given, no setting is read or checked: all have their defaults.
    """

    def decorate(run: Run) -> Run:
        @functools.wraps(run)
        def run_with_settings(**given: Any) -> int:  # noqa: ANN401 - each command has its own
            del given["config"]
            found = {key: given.pop(key) for key in SETTINGS}
            return run(settings=_settings(found), **given)

        others = [key for key in SETTINGS if key not in offered]
        flags = [_setting_option(key, unless, on_command_line=True) for key in offered]
        no_flags = [_setting_option(key, unless, on_command_line=False) for key in others]
        return _with_options(run_with_settings, [*flags, *no_flags, _config_option(unless)])

    return decorate


def _settings(found: dict[str, Any]) -> Settings:
    given = {key: value for key, value in found.items() if value is not None}
    return Settings(
        **{"data": settings.default_data(os.environ, sys.platform)} | given,
        color=not os.environ.get("NO_COLOR"),
    )


class SkippedOption(click.Option):
    """An option that is not read at all when the option `unless` is given."""

    def __init__(self, names: Sequence[str], *, unless: str | None, **attributes: Any) -> None:  # noqa: ANN401 - click has many
        super().__init__(names, **attributes)
        self._unless = unless

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Read and check the value, unless the other option is among the given `opts`."""
        if self._unless not in opts:
            return super().handle_parse_result(ctx, opts, args)
        assert self.name is not None
        ctx.params[self.name] = None
        return None, args


class SettingOption(SkippedOption):
    """An option that checks its value by the setting's own rule, wherever the value comes from."""

    def __init__(self, names: Sequence[str], *, on_command_line: bool, **attributes: Any) -> None:  # noqa: ANN401 - click has many
        super().__init__(names, **attributes)
        self._on_command_line = on_command_line

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:  # noqa: ANN401 - click's parser is private
        if self._on_command_line:
            super().add_to_parser(parser, ctx)

    def value_from_envvar(self, ctx: click.Context) -> str | None:  # noqa: ARG002 - click's signature
        """Return the variable, also an empty one, which click would take for a missing one.

        A file of variables that was edited on Windows leaves a carriage return at its end.
        """
        name = self._variable()
        return None if name is None else os.environ[name].strip()

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 - any setting's
        """Return the checked value; None if the setting was not given.

        Raises:
            BadSettings: With the source of the value, in the same words for each source.
        """
        if value is None:
            return None
        new = RENAMED_VALUES.get((self._key, value)) if isinstance(value, str) else None
        if new is not None:
            source = self._source(ctx)
            print_renamed(f"{source}={value}", f"{source}={new}")
            value = new
        try:
            return SETTINGS[self._key].read(value)
        except ValueError as problem:
            raise BadSettings(f"{self._source(ctx)} {problem}, not {value!r}.") from problem

    @property
    def _key(self) -> str:
        assert self.name is not None
        return self.name

    def _variable(self) -> str | None:
        """Return the variable that is set, by its new or by its old name."""
        old = [old for old, new in RENAMED_KEYS.items() if new == self._key]
        found = (settings.find_variable(key, os.environ) for key in (self._key, *old))
        return next((name for name in found if name is not None), None)

    def _source(self, context: click.Context) -> str:
        match context.get_parameter_source(self._key):
            case ParameterSource.ENVIRONMENT:
                return str(self._variable())
            case ParameterSource.DEFAULT_MAP:
                return f"{self._key} in {context.params['config']}"
            case _:
                return self.opts[0]


def _setting_option(key: str, unless: str | None, *, on_command_line: bool) -> Callable[[Run], Run]:
    setting, word = SETTINGS[key], key.replace("_", "-")
    flags = f"--{word}/--no-{word}" if setting.kind == "switch" else f"--{word}"
    return click.option(
        key,
        flags,
        cls=SettingOption,
        unless=unless,
        on_command_line=on_command_line,
        hidden=not on_command_line,
        default=None,
        metavar=setting.metavar or None,
        multiple=setting.kind == "list",
        help=setting.help,
    )


def _read_file(context: click.Context, _: click.Parameter, value: str | None) -> Path | None:
    """Check the names in the environment and in the settings file; return the file's path.

    The file becomes the source that counts when there is neither flag nor variable.
    """
    settings.check_variables(os.environ)
    for name in sorted(environment.OF_FUNCTIONS.intersection(os.environ)):
        print(f"fireside: ignoring {name}, which is a variable of the functions.", file=sys.stderr)
    path = settings.config_path(value, Path.cwd())
    values = {} if path is None else _values_in(path, is_named=value is not None)
    for old, new in RENAMED_KEYS.items():
        old_variable = settings.find_variable(old, os.environ)
        if old_variable is not None:
            print_renamed(old_variable, settings.variable(new))
        if old in values:
            print_renamed(f"{old} in {path}", new)
            values.setdefault(new, values.pop(old))
    context.default_map = values
    return path


def _values_in(path: Path, *, is_named: bool) -> dict[str, object]:
    """Return the values of a settings file; one that was found and not named is announced."""
    if is_named:
        return settings.read_file(path)
    found_settings.require_own_file(path)
    values = settings.read_file(path)
    for line in found_settings.announcement(path, values):
        print(f"fireside: {line}", file=sys.stderr)
    return values


def _config_option(unless: str | None) -> Callable[[Run], Run]:
    return click.option(
        "--config",
        cls=SkippedOption,
        unless=unless,
        metavar="FILE",
        envvar=settings.CONFIG_VARIABLE,
        is_eager=True,  # before any setting is looked for
        callback=_read_file,
        help="settings file; default: ./fireside.toml, if it exists",
    )


# --- A chat on AWS ------------------------------------------------------------------------------

_STAGE_HELP = f"stage on AWS: the name of one deployed chat; default: {STAGE}"


def stage_options(
    *, default: str | None = STAGE, stage_help: str = _STAGE_HELP
) -> Callable[[Run], Run]:
    """Add `--stage`, `--project` and `--infra` to a command."""
    options = [
        click.option("--stage", metavar="NAME", default=default, help=stage_help),
        click.option(
            "--project",
            metavar="NAME",
            default=PROJECT,
            help=f"prefix of all names on AWS; default: {PROJECT}",
        ),
        click.option(
            "--infra",
            metavar="FOLDER",
            type=FILE,
            help="folder of the Terraform files; default: ./infra, or the infra folder of this "
            "program's checkout",
        ),
    ]
    return lambda run: _with_options(run, options)


def with_stage(run: Run) -> Run:
    """Pass a command the `stage` that `--stage`, `--project` and `--infra` name."""

    @functools.wraps(run)
    def run_with_stage(*, stage: str, project: str, infra: Path | None, **given: Any) -> int:  # noqa: ANN401 - each command has its own
        return run(stage=find_stage(project, stage, infra), **given)

    return stage_options()(run_with_stage)


def _with_options(run: Run, options: Sequence[Callable[[Run], Run]]) -> Run:
    """Decorate a command with options, which stand in this order in its help."""
    for add in reversed(options):
        run = add(run)
    return run


# --- Secrets ------------------------------------------------------------------------------------


def note_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the value of an option that has a variable; warn if it stands on the command line."""
    is_shown = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    if value and value != "-" and is_shown:
        warn_of_secret(f"{param.opts[0]} - reads it from stdin, and {param.envvar} may hold it")
    return value


def read_secret(given: str | None, question: str) -> str | None:
    """Return a secret; `-` stands for a line of stdin, which is asked for on a terminal."""
    if given != "-":
        return given
    if sys.stdin.isatty():
        print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def warn_of_secret(better: str) -> None:
    """Print to stderr that the command line is no place for a secret, and which one is better."""
    print(
        "fireside: the invite is on the command line, where other users of this machine see it, "
        f"and in your shell's history: {better}.",
        file=sys.stderr,
    )


# --- Types of values ----------------------------------------------------------------------------


def count(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise click.BadParameter(f"must be a whole number above 0, not {text!r}")
    return int(text)


def amount(text: str) -> float:
    """Return a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise click.BadParameter(f"must be a number above 0, not {text!r}")
    return number


def time_span(text: str) -> float:
    """Return `90s`, `15m`, `2h` or `3d` in seconds."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": DAY_SECONDS}
    number, unit = text[:-1], units.get(text[-1:])
    if unit is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise click.BadParameter(f"write 90s, 15m, 2h or 3d, not {text!r}")
    return float(int(number) * unit)
