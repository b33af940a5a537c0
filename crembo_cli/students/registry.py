"""The installed families, ours and others', their options, and the source of their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points, packages_distributions
from types import NoneType
from typing import Any, TypeGuard, get_args, get_type_hints

from crembo_cli.errors import CremboError, StudentError, suggest
from crembo_cli.students.contract import Family, Student

GROUP = "crembo.students"
EVERY = "auto"  # requests all families in place of one name


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a family, as `--set NAME=VALUE` takes it."""

    name: str
    type: type  # int, float, bool or str
    optional: bool  # whether "none" is a value
    default: Any  # of that type, or None if optional
    help: str
    minimum: float | None  # included
    maximum: float | None  # included
    choices: tuple[str, ...]  # of a text; empty: any text

    def parse(self, text: str, family: str) -> int | float | bool | str | None:
        """Parse the value in `text`. Raises StudentError if it is invalid or out of range."""
        if self.optional and text.lower() == "none":
            return None
        where = f"family {family!r}, option {self.name}"
        try:
            value = _BOOLEANS[text.lower()] if self.type is bool else self.type(text)
        except (ValueError, KeyError):
            raise StudentError(
                "invalid value", where=where, found=repr(text), wanted=self.wanted()
            ) from None
        # NaN compares False, so it is out of range too.
        above = self.minimum is None or value >= self.minimum
        below = self.maximum is None or value <= self.maximum
        if not (above and below) or (self.choices and value not in self.choices):
            raise StudentError(
                "value out of range", where=where, found=repr(text), wanted=self.wanted()
            )
        return value

    def wanted(self) -> str:
        """The type and the range as text: "a whole number, 1 to 16"."""
        words = " or ".join(self.choices) or _WORDS[self.type]
        if self.minimum is not None and self.maximum is not None:
            words += f", {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f", at least {self.minimum:g}"
        elif self.maximum is not None:
            words += f", at most {self.maximum:g}"
        return words + " or none" * self.optional


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@cache
def _entry_points() -> Mapping[str, tuple[EntryPoint, ...]]:
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=GROUP):
        found[point.name] = (*found.get(point.name, ()), point)
    return dict(sorted(found.items()))


def family_names() -> tuple[str, ...]:
    """The names of the families that are installed, sorted."""
    return tuple(_entry_points())


def family_class(name: str) -> type[Family]:
    """Load the family called `name`.

    Raises StudentError if there is none, if two packages claim the name, or if its package cannot
    be imported.
    """
    if name == EVERY:
        raise StudentError(f"{name!r} requests all families and cannot be the name of one")
    points = _entry_points().get(name, ())
    if not points:
        raise StudentError(
            f"unknown student family {name!r}",
            **suggest(name, [*family_names(), EVERY], "`crembo students` lists them"),
        )
    if len(points) > 1:
        packages = " and ".join(sorted(point.dist.name if point.dist else "?" for point in points))
        raise StudentError(
            f"student family {name!r} is installed by {packages}", hint="uninstall one of them"
        )
    try:
        loaded = points[0].load()
    except (Exception, SystemExit) as error:
        package = points[0].dist.name if points[0].dist else "?"
        raise StudentError(
            f"student family {name!r} cannot be imported from package {package!r}",
            found=f"{type(error).__name__}: {error}",
            hint=f"reinstall or remove {package!r}",
        ) from error
    if not _keeps_contract(loaded):
        raise StudentError(
            f"entry point {name!r} is not a student family",
            found=f"{loaded!r}",
            wanted="a dataclass that keeps crembo_cli.students.contract.Family",
        )
    if loaded.name != name:
        raise StudentError(
            f"student family {name!r} has another name than its entry point",
            found=f"{loaded.__qualname__}.name = {loaded.name!r}",
            wanted=f"{name!r}, the name of its entry point",
        )
    return loaded


def _keeps_contract(loaded: object) -> TypeGuard[type[Family]]:
    """Whether `loaded` is a class with the parts of `contract.Family`."""
    wanted = ("name", "summary", "thresholds", "learner", "__dataclass_fields__")
    return isinstance(loaded, type) and all(hasattr(loaded, each) for each in wanted)


def family_options(family: type[Family]) -> tuple[Option, ...]:
    """The options of `family`, in the order of its fields.

    Raises StudentError for an option that cannot be set from a command line.
    """
    try:
        types = get_type_hints(family)
    except (NameError, TypeError) as error:
        raise StudentError(
            f"invalid types of the options of family {family.name!r}",
            found=str(error),
            wanted="int, float, bool or str, each with or without None",
        ) from error
    return tuple(
        _option(each, types[each.name], family.name)
        for each in fields(family)  # type: ignore[arg-type]  # the contract: a dataclass
    )


def _option(each: Field[Any], declared: Any, family: str) -> Option:
    kinds = set(get_args(declared)) or {declared}
    optional = NoneType in kinds
    kinds -= {NoneType}
    if len(kinds) > 1 or not kinds <= _WORDS.keys():
        raise StudentError(
            f"option {each.name!r} of family {family!r} cannot be set from a command line",
            found=f"its type {declared}",
            wanted="int, float, bool or str, each with or without None",
        )
    default = each.default
    if each.default_factory is not MISSING:
        default = each.default_factory()
    kind = kinds.pop()
    # An int is a valid default of a float; a number type of another library is not.
    if type(default) not in {kind, NoneType if optional else kind, int if kind is float else kind}:
        raise StudentError(
            f"option {each.name!r} of family {family!r} has no valid default",
            found="none" if default is MISSING else f"{default!r}, a {type(default).__name__}",
            wanted=_WORDS[kind],
        )
    return Option(
        name=each.name,
        type=kind,
        optional=optional,
        default=default,
        help=each.metadata.get("help", ""),
        minimum=each.metadata.get("minimum"),
        maximum=each.metadata.get("maximum"),
        choices=tuple(each.metadata.get("choices", ())),
    )


def make_family(name: str, settings: Mapping[str, str]) -> Family:
    """Make the family called `name` with `settings`, from option to text, over its defaults.

    Raises StudentError for an unknown family or option, a value out of range, or a combination
    of options that the family refuses.
    """
    found = family_class(name)
    options = {option.name: option for option in family_options(found)}
    for key in settings:
        if key not in options:
            raise StudentError(
                f"family {name!r} has no option {key!r}",
                **suggest(key, options, "`crembo students` lists them"),
            )
    try:
        return found(**{key: options[key].parse(text, name) for key, text in settings.items()})
    except (TypeError, ValueError) as error:
        raise StudentError(
            f"invalid combination of options of family {name!r}",
            found=" ".join(f"{key}={text}" for key, text in settings.items()),
            hint=str(error),
        ) from error


OURS = "crembo_cli"


@contextmanager
def attribute_errors(family: Family) -> Iterator[None]:
    """Turn errors of a plugin `family` into a StudentError that names the plugin.

    Errors of our own families and CremboErrors pass unchanged. SystemExit counts as an error,
    because a family must not end the run.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, CremboError) or _top(family) == OURS:
            raise
        raise StudentError(
            f"student family {family.name!r} from package {_package(family)!r} failed",
            found=f"{type(error).__name__}: {error}",
            hint="its authors can locate the error with `crembo_cli.testing.check_family`",
        ) from error


def size_of(family: Family, student: Student) -> dict[str, int]:
    """The sizes of `student`. Raises StudentError if they break the contract."""
    size = student.size()
    if not isinstance(size, dict) or not isinstance(size.get("parameters"), int):
        raise StudentError(
            f"invalid size of a student of family {family.name!r}",
            found=repr(size),
            wanted="a dictionary with a whole number 'parameters'",
        )
    return size


def _top(family: Family) -> str:
    return type(family).__module__.split(".")[0]


def _package(family: Family) -> str:
    """The package that installed `family`, or its module."""
    return " or ".join(packages_distributions().get(_top(family), [_top(family)]))
