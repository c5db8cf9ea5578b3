"""Imports of libraries without the parts that they load and we never use: these cost a start more than all of ours.

Only at the head of a module, before there are threads: another one that imports the same part meanwhile would get the
stand-in.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Lazy(ModuleType):
    """A module that is loaded when something of it is used that does not stand here."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Within the block, it and those beside it would be in the real one's way.
        library = self.__name__.partition(".")[0]
        for other, module in list(sys.modules.items()):
            if isinstance(module, _Lazy) and other.partition(".")[0] == library:
                del sys.modules[other]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def stand_ins(classes: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Stand-ins for modules that are not loaded yet, within the block.

    `classes` names of each module the classes that stand in type annotations and in `isinstance` alone: they become
    empty ones. All else that is asked of a stand-in, within the block or later, is the real module's.
    """
    made = {name: _Lazy(name) for name in classes if name not in sys.modules}
    for name, module in made.items():
        vars(module).update({each: type(each, (), {}) for each in classes[name]})
        parent, _, child = name.rpartition(".")
        if parent in made:
            vars(made[parent])[child] = module
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in made.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Optional libraries are missing, within the block, where they are not loaded yet."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # as the import system marks a missing one
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
