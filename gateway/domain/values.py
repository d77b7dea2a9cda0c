"""Frozen values: `frozen` makes a class of them, `replace` makes one from another. As dataclasses does, and quicker.

The library's __init__ of a frozen class sets each field by object.__setattr__, and its replace() calls that: 0.8 and
4 µs for a value of seven fields. A command makes 16 of them and changes five, an event makes six and changes two.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
_ABSENT: Any = object()


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Raises TypeError for a class with __post_init__ or fields that are not arguments: those are for dataclass."""
    made = dataclass(frozen=True)(cls)
    own = fields(made)  # type: ignore[arg-type]
    if hasattr(made, "__post_init__") or not all(field.init and not field.kw_only for field in own):
        raise TypeError(f"{cls.__name__} is more than its fields")
    made.__init__ = _init_of(made.__qualname__, own)  # type: ignore[method-assign]
    return made


def _init_of(name: str, own: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Text, as dataclasses makes it, too: only so are its arguments as quick as those of a written one."""
    known: dict[str, Any] = {"_ABSENT": _ABSENT}
    arguments, lines = ["self"], ["_fields = self.__dict__"]
    for field in own:
        value = field.name
        if field.default is not MISSING:
            known[f"_default_{value}"] = field.default
            arguments.append(f"{value}=_default_{value}")
        elif field.default_factory is not MISSING:
            known[f"_make_{value}"] = field.default_factory
            arguments.append(f"{value}=_ABSENT")
            lines.append(f"if {value} is _ABSENT: {value} = _make_{value}()")
        else:
            arguments.append(value)
        lines.append(f"_fields['{value}'] = {value}")
    body = "\n ".join(lines)
    exec(f"def __init__({', '.join(arguments)}):\n {body}", known)  # the names of fields, nobody's input
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{name}.__init__"
    return made


def replace(value: T, /, **changes: Any) -> T:
    """For values without __post_init__. Raises TypeError for a field that `value` has not."""
    fields = value.__dict__
    if not changes.keys() <= fields.keys():
        raise TypeError(f"{type(value).__name__} has no {', '.join(sorted(changes.keys() - fields.keys()))}")
    changed = object.__new__(type(value))
    object.__setattr__(changed, "__dict__", {**fields, **changes})
    return changed
