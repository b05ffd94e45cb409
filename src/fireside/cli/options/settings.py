"""The settings as options.

A flag counts before a variable, that before fireside.toml, that before a default.
"""

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from fireside import environment
from fireside.cli.options.old_names import print_renamed
from fireside.cli.options.run import Run, with_options
from fireside.server import found_settings, settings
from fireside.server.settings import (
    RENAMED_KEYS,
    RENAMED_VALUES,
    SETTINGS,
    BadSettings,
    Settings,
)


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
        return with_options(run_with_settings, [*flags, *no_flags, _config_option(unless)])

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
