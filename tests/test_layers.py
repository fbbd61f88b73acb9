"""The house rules: which room may import what."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "bot"
STDLIB_WITHOUT_IO = {
    "bisect", "calendar", "collections", "contextlib", "dataclasses", "datetime", "enum",
    "functools", "hashlib", "heapq", "html", "inspect", "itertools", "json", "math", "operator",
    "re", "shlex", "string", "textwrap", "types", "typing", "unicodedata", "urllib.parse",
    "zoneinfo",
}  # fmt: skip
CORE = STDLIB_WITHOUT_IO | {
    "pydantic",
    "pydantic_core",
    "rapidfuzz",
    "ahocorasick_rs",
    "bot.core",
    "bot.errors",
}
PURE_SLACK = (
    STDLIB_WITHOUT_IO
    | {"bot.core"}
    | {
        f"bot.platforms.slack.{each}"
        for each in ("agreed", "posts", "text", "told", "values", "where")
    }
)
PURE_MATRIX = (
    STDLIB_WITHOUT_IO
    | {"base64", "binascii", "cryptography", "bot.core", "bot.errors"}
    | {f"bot.platforms.matrix.{each}" for each in ("chain", "identity", "signing", "values")}
)
# What reads what other people's servers send: it asks for nothing and takes anything.
READING_MATRIX = (
    STDLIB_WITHOUT_IO
    | {"bot.core"}
    | {f"bot.platforms.matrix.{each}" for each in ("calls", "markup", "values", "words")}
)

RULES: dict[str, set[str]] = {
    "core": CORE,
    "errors.py": STDLIB_WITHOUT_IO,
    "platforms/slack/agreed.py": set(),
    "platforms/slack/text.py": PURE_SLACK,
    "platforms/slack/told.py": PURE_SLACK,
    "platforms/slack/values.py": PURE_SLACK,
    "platforms/slack/where.py": PURE_SLACK,
    "platforms/slack/posts.py": PURE_SLACK,
    "platforms/slack/interactions.py": PURE_SLACK,
    "platforms/slack/events.py": PURE_SLACK | {"bot.platforms.slack.interactions"},
    "platforms/slack/render.py": PURE_SLACK,
    "platforms/slack/inputs.py": PURE_SLACK | {"bot.platforms.slack.render"},
    "platforms/slack/windows.py": PURE_SLACK
    | {"bot.platforms.slack.inputs", "bot.platforms.slack.render"},
    "platforms/slack/forms.py": PURE_SLACK | {"bot.errors"},
    "platforms/slack/manifest.py": PURE_SLACK,
    "platforms/matrix/chain.py": PURE_MATRIX,
    "platforms/matrix/identity.py": PURE_MATRIX,
    "platforms/matrix/signing.py": PURE_MATRIX,
    "platforms/matrix/calls.py": READING_MATRIX,
    "platforms/matrix/events.py": READING_MATRIX,
    "platforms/matrix/markup.py": READING_MATRIX | {"lxml"},
    "platforms/matrix/inert.py": STDLIB_WITHOUT_IO | {"bot.core"},
    "platforms/matrix/invites.py": READING_MATRIX,
    "platforms/matrix/rooms.py": READING_MATRIX,
    "platforms/matrix/values.py": STDLIB_WITHOUT_IO,
    "platforms/matrix/wanted.py": STDLIB_WITHOUT_IO,
    "platforms/matrix/words.py": READING_MATRIX,
    "platforms/matrix/settings.py": STDLIB_WITHOUT_IO | {"pathlib"},
    "platforms/matrix/render.py": STDLIB_WITHOUT_IO | {"bot.core", "bot.platforms.matrix.inert"},
    "platforms/console/render.py": STDLIB_WITHOUT_IO | {"rich", "bot.core"},
}
# What each room may know of the others, beside itself, the core and the errors.
ROOMS: dict[str, set[str]] = {
    "commands": set(),
    "web": set(),
    "platforms": set(),
    "feeds": set(),
    "storage": set(),
    "delivery": {"bot.storage", "bot.platforms.base"},
}
OWNERS = {
    "slack_sdk": "platforms/slack",
    "slack_bolt": "platforms/slack",
    "nio": "platforms/matrix",
    "cryptography": "platforms/",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "aiosqlite": "storage",
    "yaml": "yamlfile.py",
    "feedparser": "feeds",
    "trafilatura": "feeds",
    "tld": "feeds",
}


@cache
@cache
def imports(path: Path) -> tuple[str, ...]:
    """Give every module that a file imports, wherever in the file it does."""
    return tuple(_imported(ast.walk(ast.parse(path.read_text(encoding="utf-8")))))


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def loaded(path: Path, seen: set[Path]) -> Iterator[str]:
    """Give every module that is imported when a file is, by it or by what it imports of ours."""
    seen.add(path)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for module in _imported([node]):
            names = [module]
            if isinstance(node, ast.ImportFrom):
                names += [f"{module}.{alias.name}" for alias in node.names]
            for each in names:
                yield each
                ours = ROOT.parent.joinpath(*each.split("."))
                for file in (ours.with_suffix(".py"), ours / "__init__.py"):
                    if each.startswith("bot.") and file.is_file() and file not in seen:
                        yield from loaded(file, seen)


def under(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def files(place: str) -> list[Path]:
    path = ROOT / place
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


@pytest.mark.parametrize("place", RULES)
def test_a_pure_room_imports_only_what_it_may(place: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(place)
        for module in imports(path)
        if not under(module, RULES[place])
    ]
    assert broken == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_its_neighbours(room: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(room)
        for module in imports(path)
        if module.startswith("bot.")
        and not under(module, ROOMS[room] | {f"bot.{room}", "bot.core", "bot.errors"})
    ]
    assert broken == []


@pytest.mark.parametrize("package", OWNERS)
def test_a_package_is_imported_by_its_owner_only(package: str) -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted(ROOT.rglob("*.py"))
        for module in imports(path)
        if under(module, {package})
        and not path.relative_to(ROOT).as_posix().startswith(OWNERS[package])
    ]
    assert broken == []


def test_a_command_that_needs_no_database_does_not_wait_for_one_to_be_imported() -> None:
    at_start = set(loaded(ROOT / "cli.py", set()))
    assert "bot.pack" in at_start
    slow = {"bot.storage", "sqlalchemy", "alembic", "slack_bolt", "nio", "trafilatura"}
    assert [each for each in sorted(at_start) if under(each, slow)] == []


def test_the_core_never_awaits_and_never_asks_for_the_time() -> None:
    broken = []
    for path in files("core"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith):
                broken.append(f"{path.name}:{node.lineno} is asynchronous")
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in {"now", "today", "utcnow"}:
                broken.append(f"{path.name}:{called.lineno} asks for the time")
    assert broken == []
