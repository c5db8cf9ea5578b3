"""The Jinja in which templates run: no names but ours, every printed value inert, loops and length bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from types import CodeType
from typing import Any

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    Environment,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.runtime import BlockReference, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from markupsafe import Markup

from zendesk_gupshup.text.redaction import mask_value

from . import context_types

# A text of ours has some 5,000 characters, and its loops run some 50 times.
_MOST_CHARACTERS = 400_000
_MOST_ROUNDS = 5_000

_rounds: ContextVar[list[int]] = ContextVar("rounds")
# What the text knows as no secret though it may look like one: the account's id and its owner's address.
_known: ContextVar[tuple[str, ...]] = ContextVar("known", default=())

_FILTERS = ("first", "last", "length", "lower", "map", "select", "reject", "sort", "title", "unique", "upper")
_TESTS = (
    "defined",
    "undefined",
    "in",
    "eq",
    "equalto",
    "==",
    "ne",
    "!=",
    "lt",
    "gt",
    "le",
    "ge",
    "divisibleby",
    "none",
)


# What a template reads most: a reply, its note and its files take some 170 fields.
_PLAIN = {
    kind: frozenset(field.name for field in fields(kind)) for kind in vars(context_types).values() if is_dataclass(kind)
}


class _Loader(BaseLoader):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:  # noqa: ARG002 - the signature is the protocol's
        if template not in self._texts:
            raise TemplateNotFound(template)
        # The key as file name: it is what tracebacks, and so our messages, say.
        return self._texts[template], template, lambda: True


class _Compiled(BytecodeCache):
    """What a text compiles to is the same in every environment: the sets of several brands compile it once.

    One code object a file name: the newest."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.checksum, bucket.code


_COMPILED = _Compiled()


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """No names but ours, no calls but of macros, no arithmetic that grows, a bound on loops and on output."""

    # `+` and `~` are on the list because they glue a customer's word to a macro's text before it is protected.
    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/"})

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(
            loader=_Loader(texts),
            undefined=StrictUndefined,
            autoescape=True,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self.globals = {}
        self.filters = {name: FILTERS[name] for name in _FILTERS} | {"join": _join, "_bounded": _bounded_loop}
        self.tests = {name: TESTS[name] for name in _TESTS}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for glue in tree.find_all(nodes.Concat):
            raise TemplateSyntaxError(
                "~ is not available: write the parts one after another", glue.lineno, name, filename
            )
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "_bounded", [], [], None, None, lineno=loop.lineno)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of our own values, which are plain, without the sandbox's look at what it could be."""
        if attribute in _PLAIN.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, Macro | BlockReference | LoopContext)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - the signature is the protocol's
        raise SecurityError(f"the operator {operator} is not available in templates")


def _finalize(value: Any) -> Any:
    """Every value that a template prints is masked and becomes inert; what is no text is a mistake, not `None`.

    The last gate, which no value of a customer's passes unseen. Our own words are the template's, around it.
    """
    if isinstance(value, Markup | Undefined):  # a macro's own text; an undefined value, which raises when printed
        return value
    if isinstance(value, str):
        return protect(mask_value(value, _known.get()))
    if isinstance(value, int) and not isinstance(value, bool):
        return protect(str(value))
    raise UndefinedError(f"a value of type {type(value).__name__} is printed, which is no text")


def protect(text: str) -> Markup:
    """`text` as a token that survives Jinja and Markdown untouched."""
    return Markup(f"\ue000{text.encode().hex()}\ue001")  # noqa: S704 - hex digits between two private-use characters


def _join(items: Iterable[Any], separator: str = "") -> Markup:
    return Markup(_finalize(separator)).join(_finalize(item) for item in items)  # noqa: S704 - each part is protected


def _bounded_loop(items: Iterable[Any]) -> Iterator[Any]:
    budget = _rounds.get()
    for item in items:
        budget[0] -= 1
        if budget[0] < 0:
            raise SecurityError(f"more than {_MOST_ROUNDS} rounds of loops in one text")
        yield item


def bounded_text(environment: Environment, name: str, values: Mapping[str, Any], known: tuple[str, ...] = ()) -> str:
    """The template `name` rendered with `values`; raises `SecurityError` where it loops or grows beyond reason.

    `known`: what stays as it is, whatever it looks like."""
    token, ids = _rounds.set([_MOST_ROUNDS]), _known.set(known)
    try:
        return "".join(_bounded_output(environment.get_template(name).generate(values)))
    finally:
        _rounds.reset(token)
        _known.reset(ids)


def _bounded_output(pieces: Iterable[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > _MOST_CHARACTERS:
            raise SecurityError(f"the text grows beyond {_MOST_CHARACTERS} characters")
        yield piece
