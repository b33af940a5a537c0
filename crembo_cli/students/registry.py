"""The families that are installed, ours and others', and their options as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType
from typing import Any, TypeGuard, get_args, get_type_hints

from crembo_cli.errors import StudentError
from crembo_cli.students.contract import Family

GROUP = "crembo.students"
EVERY = "auto"  # what asks for all families, where the name of one is asked for


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a family, as `--set NAME=VALUE` takes it."""

    name: str
    type: type  # int, float, bool or str
    optional: bool  # whether "none" is a value too
    default: Any  # of that type, or None where that is a value
    help: str
    minimum: float | None  # included
    maximum: float | None  # included
    choices: tuple[str, ...]  # of a text; empty: any

    def parse(self, text: str, family: str) -> int | float | bool | str | None:
        """The value that `text` means. Raises StudentError where it means none in range."""
        if self.optional and text.lower() == "none":
            return None
        where = f"family {family!r}, option {self.name}"
        try:
            value = _BOOLEANS[text.lower()] if self.type is bool else self.type(text)
        except (ValueError, KeyError):
            raise StudentError(
                "the value cannot be read", where=where, found=repr(text), wanted=self.wanted()
            ) from None
        # Written so that NaN, which compares with nothing, is out of range too.
        above = self.minimum is None or value >= self.minimum
        below = self.maximum is None or value <= self.maximum
        if not (above and below) or (self.choices and value not in self.choices):
            raise StudentError(
                "the value is out of range", where=where, found=repr(text), wanted=self.wanted()
            )
        return value

    def wanted(self) -> str:
        """The type and the range, in words: "int, 1 to 16"."""
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
    """The family called `name`.

    Raises StudentError where there is none, where two packages claim the name, or where its
    package cannot be imported.
    """
    if name == EVERY:
        raise StudentError(f"{name!r} asks for all families, and can be the name of none")
    points = _entry_points().get(name, ())
    if not points:
        raise StudentError(
            "there is no such family of students",
            found=repr(name),
            wanted=" or ".join([*family_names(), EVERY]),
            hint="`crembo students` lists them",
        )
    if len(points) > 1:
        packages = " and ".join(sorted(point.dist.name if point.dist else "?" for point in points))
        raise StudentError(
            f"the family {name!r} is claimed by {packages}", hint="uninstall one of them"
        )
    try:
        loaded = points[0].load()
    except (Exception, SystemExit) as error:
        package = points[0].dist.name if points[0].dist else "?"
        raise StudentError(
            f"the family {name!r} cannot be imported from package {package!r}",
            found=f"{type(error).__name__}: {error}",
            hint=f"reinstall or remove {package!r}",
        ) from error
    if not _keeps_contract(loaded):
        raise StudentError(
            f"what is registered as the family {name!r} is none",
            found=f"{loaded!r}",
            wanted="a dataclass that keeps crembo_cli.students.contract.Family",
        )
    if loaded.name != name:
        raise StudentError(
            f"the family {name!r} has another name in itself",
            found=f"{loaded.__qualname__}.name = {loaded.name!r}",
            wanted=f"{name!r}, the name of its entry point",
        )
    return loaded


def _keeps_contract(loaded: object) -> TypeGuard[type[Family]]:
    """Whether it is a class that has what `contract.Family` asks for."""
    wanted = ("name", "summary", "thresholds", "learner", "__dataclass_fields__")
    return isinstance(loaded, type) and all(hasattr(loaded, each) for each in wanted)


def family_options(family: type[Family]) -> tuple[Option, ...]:
    """The options of a family, in the order in which it declares them.

    Raises StudentError for an option of a type that no text on a command line can mean.
    """
    try:
        types = get_type_hints(family)
    except (NameError, TypeError) as error:
        raise StudentError(
            f"the options of family {family.name!r} have types that cannot be looked up",
            found=str(error),
            wanted="int, float, bool or str, or one of them or None",
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
            wanted="int, float, bool or str, or one of them or None",
        )
    default = each.default
    if each.default_factory is not MISSING:
        default = each.default_factory()
    kind = kinds.pop()
    # A whole number will do where a fraction may stand; another library's number will not.
    if type(default) not in {kind, NoneType if optional else kind, int if kind is float else kind}:
        raise StudentError(
            f"option {each.name!r} of family {family!r} has no default of its type",
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
    """The family called `name` with `settings`, option to text, over its defaults.

    Raises StudentError for an unknown family or option, a value out of range, or options that
    the family does not take together.
    """
    found = family_class(name)
    options = {option.name: option for option in family_options(found)}
    for key in settings:
        if key not in options:
            raise StudentError(
                f"family {name!r} has no such option",
                found=repr(key),
                wanted=" or ".join(options) or "no option at all",
                hint="`crembo students` lists them",
            )
    try:
        return found(**{key: options[key].parse(text, name) for key, text in settings.items()})
    except (TypeError, ValueError) as error:
        raise StudentError(
            f"family {name!r} does not take these options together",
            found=" ".join(f"{key}={text}" for key, text in settings.items()),
            hint=str(error),
        ) from error
