"""The texts that the command shows, collected from the source as templates of the catalogue.

A text is a string or an f-string with words in it. Of the command's own modules, every text that is
not a docstring is taken; of the libraries beneath it, those of the modules whose errors it prints.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import core, decorators, exceptions, formatting, parser, termui, types
from convergia_sms.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "client/convergia_sms/cli/locale/es.po"

# The command's own modules, and those of the contract tests that word what a run found.
_COMMANDS = (
    "client/convergia_sms/cli",
    "wsdl/convergia_wsdl/_live.py",
    "contract_tests/convergia_contract/causes.py",
    "contract_tests/convergia_contract/html_page.py",
    "contract_tests/convergia_contract/known.py",
    "contract_tests/convergia_contract/outcome.py",
    "contract_tests/convergia_contract/selection.py",
    "contract_tests/convergia_contract/summary.py",
    "contract_tests/convergia_contract/table.py",
)
# Of other modules, help texts, errors, and what they hand to a function that translates.
_OTHERS = (
    *(
        f"mockserver/convergia_mockserver/{name}"
        for name in (
            "cli",
            "gateway/accounts",
            "gateway/clock.py",
            "gateway/journal/gates.py",
            "gateway/messages/delivery.py",
            "gateway/operations.py",
            "gateway/own_reply.py",
            "gateway/patterns.py",
            "gateway/reserved.py",
            "gateway/scripts",
            "gateway/settings.py",
            "gateway/start_file.py",
            "gateway/storage",
            "gateway/world.py",
            "gateway/xpaths.py",
            "recording/entries.py",
            "server/access.py",
            "server/proxies.py",
            "server/relay.py",
            "server/tls.py",
            "sources.py",
        )
    ),
    "contract_tests/convergia_contract/cli.py",
    "contract_tests/convergia_contract/demo",
    "contract_tests/convergia_contract/rehearsal/command.py",
    "contract_tests/convergia_contract/rehearsal/expectations.py",
    "contract_tests/convergia_contract/rehearsal/programs.py",
    "contract_tests/convergia_contract/rehearsal/reports/table.py",
    "contract_tests/convergia_contract/rehearsal/scenarios.py",
    "wsdl/convergia_wsdl/_guide.py",
    "wsdl/convergia_wsdl/_profile.py",
    "wsdl/convergia_wsdl/_toml.py",
)
# Modules of the client whose errors and findings the command shows; folders hold only such modules.
_LIBRARIES = (
    "_base.py", "_calls.py", "_codecs/binding.py", "_codecs/dialect.py", "_codecs/envelope.py",
    "_codecs/explanation.py", "_codecs/operations.py", "_codecs/service.py", "_codecs/soap.py",
    "_conversation.py", "_errors.py", "_exchange.py", "_http_responses.py", "_numbers.py",
    "_probe", "_rules.py", "_settings", "_timeouts.py", "_transports", "_webservice",
    "outbox/_accounts.py", "outbox/_database.py", "outbox/_decide.py", "outbox/_enqueue.py",
    "outbox/_opt_outs.py", "outbox/_outbox.py", "outbox/_outcomes.py",
    "outbox/_recovery.py", "outbox/_sender.py", "outbox/_settle.py", "outbox/_waiting.py",
    "outbox/_window.py",
)  # fmt: skip
# They write files, or send something themselves.
_WRITERS = (
    "/_probe/files.py", "/stubs.py", "/_powershell.py", "/_html_page.py", "/_repeats.py",
)  # fmt: skip
# Strings with words in them that are SQL, patterns, names of modules, or formats of log records.
_NOT_SHOWN = re.compile(
    r"^\s*(?:SELECT|PRAGMA|CAST|BEGIN|CONNECT|HTTP)\b|\(\?|^h:mm|^(?:tuple|Callable|Mapping)\[|%[sd]|\\d|charset=|<[a-z{]"
    r"|^(?:Host|Content-Length|Proxy-Authorization|Bearer)\b.*\{0\}|^(?:dd/mm|bold |yellow)"
    r"|^convergia_sms[.:]|^(?:outbox|mockserver|pytest)$|^(?:enero|January|lunes|Monday) "
    r"|an exchange is answered|it runs in a coroutine|unexpected keyword|^Prueba de|^# The WSDL"
    r"|^no such $|^test_\w+\.py$|^# Deviations"
)
_WORDS = re.compile(r"[A-Za-z]{2,}[,:;.…)]* [^ ]*[A-Za-z]{2,}|[A-Za-z]{2,}:? \{\d\}|\} [a-z]{2,}")
# Calls whose strings are shown, also single words.
_SHOWN_BY = frozenset(
    ("print_table", "progress", "prompt", "confirm", "Listed", "_text", "notify", "translated")
)
_SHOWN_ELSEWHERE = frozenset(("print_table", "translated"))
# Names that hold what a table shows.
_SHOWN_FROM = frozenset(("columns", "_AREAS", "_HEADINGS", "_WAYS"))
_CHARACTERS = 7  # a template that begins with a value has at least as many of its own
# Words that stand alone in a cell, or in a placeholder.
_WORDS_ALONE = (
    "accepted", "cancelled", "delivered", "expired", "failed", "not_sent", "pending", "queued",
    "rejected", "sending", "undeliverable", "unknown", "text", "reference", "key", "number",
    "characters", "bytes", "septets", "nothing", "transport", "encoding", "units", "sms", "length",
    "damaged", "transliterated", "network", "proxy", "encryption", "account", "address", "clock",
    "replies", "charset", "recipients", "settings", "versions", "contract", "username", "password",
    "behind", "done", "deleted", "kept", "takes", "returns", "retryable", "otherwise",
    "unreadable", "remark", "user", "File", "Directory", "Path",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and the file that it stands in.

    Attributes:
        english: the text. For a count, the one for 1.
        plural: for a count, the text for other numbers; otherwise empty.
    """

    context: str
    english: str
    source: str
    plural: str = ""


def all_texts() -> dict[tuple[str, str, str], set[str]]:
    """Return the sources of each text of the catalogue, by context, English and plural."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for each in (*_of_modules(), *_of_help(), *_of_click(), *_of_words()):
        found.setdefault((each.context, each.english, each.plural), set()).add(each.source)
    return found


# What the operating system says most often, and `ipaddress`. Python has it in English, whatever the
# locale.
_OF_THE_SYSTEM = (
    "Address already in use", "Broken pipe", "Connection refused", "Connection reset by peer",
    "Connection timed out", "File exists", "Is a directory", "Network is unreachable",
    "No route to host", "No space left on device", "No such file or directory", "Not a directory",
    "Operation not permitted", "Permission denied", "Read-only file system",
    "{0} does not appear to be an IPv4 or IPv6 network", "{0} has host bits set",
)  # fmt: skip


def _of_words() -> Iterator[Text]:
    for text in _OF_THE_SYSTEM:
        yield Text("", text, "tests/language/texts.py")
    for word in _WORDS_ALONE:
        yield Text("word", word, "tests/language/texts.py")


def _of_modules() -> Iterator[Text]:
    for place in (*_COMMANDS, *(f"client/convergia_sms/{name}" for name in _LIBRARIES)):
        for source, tree in _trees(place):
            texts = _strings(tree, shown=False)
            if source.endswith("causes.py"):  # its cures name the gateway as `{url}`
                texts = ((_numbered(text), plural) for text, plural in texts)
            yield from (Text("", text, source, plural) for text, plural in texts)
    for place in _OTHERS:
        for source, tree in _trees(place):
            for node in ast.walk(tree):
                called = _name(node.func) if isinstance(node, ast.Call) else ""
                shown = called in _SHOWN_ELSEWHERE
                if shown or called.endswith("Error") or isinstance(node, ast.Raise):
                    texts = _strings(node, shown=shown)
                    yield from (Text("", text, source, plural) for text, plural in texts)


def _trees(place: str) -> Iterator[tuple[str, ast.Module]]:
    path = ROOT / place
    for module in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        source = module.relative_to(ROOT).as_posix()
        if not source.endswith(_WRITERS):
            yield source, ast.parse(module.read_text(encoding="utf-8"))


def _strings(node: ast.AST, *, shown: bool) -> Iterator[tuple[str, str]]:
    """Find the texts below a node, each with its plural, which is empty unless it is a count's.

    Args:
        node: the node.
        shown: True below a call that shows single words, too.
    """
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        below = shown or (
            _name(child.func) in _SHOWN_BY
            if isinstance(child, ast.Call)
            else _assigned(child) in _SHOWN_FROM
        )
        if forms := _singular_and_plural(child):
            yield forms
            yield from _strings_in_values(child)
            continue
        text = _template(child)
        if text is None:
            yield from _strings(child, shown=below)
            continue
        text = text.strip("\n")
        worded = _WORDS.search(text) or (shown and re.search("[a-z]{2,}", text))
        if worded and not _NOT_SHOWN.search(text) and not _fits_anything(text):
            yield text, ""
        yield from _strings_in_values(child)


def _strings_in_values(node: ast.AST) -> Iterator[tuple[str, str]]:
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue):
            yield from _strings(part, shown=False)


def _singular_and_plural(node: ast.AST) -> tuple[str, str] | None:
    """Return the texts of `counted(n, one, many)` or `one if n == 1 else many`; else None."""
    match node:
        case ast.Call(func=ast.Name("counted"), args=[_, one, many]):
            forms = _template(one), _template(many)
            assert all(forms), f"no literal texts: {ast.unparse(node)}"
        case ast.IfExp(ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(1)]), one, many):
            forms = _template(one), _template(many)
        case _:
            return None
    return (forms[0], forms[1]) if forms[0] and forms[1] else None


def _fits_anything(template: str) -> bool:
    """Return True for `{0} of {1}` and the like: they would be found in any sentence."""
    own = re.sub(r"\{\d\}", "", template).strip()
    return template.startswith("{") and len(own) < _CHARACTERS


def _assigned(node: ast.AST) -> str:
    """Return the name that a statement gives a value to; empty for any other node."""
    match node:
        case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
            return name
    return ""


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _template(node: ast.AST) -> str | None:
    """Return a string's text, an f-string's with {0}, {1}, … for its values; else None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    number, text = 0, ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            text += f"{{{number}}}"
            number += 1
    return text


def _of_help() -> Iterator[Text]:
    """Collect each paragraph of each command's help, and the names of values in usage lines."""
    for path, command in commands(main, "convergia"):
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            if paragraph and not paragraph.startswith("\b"):
                yield Text("", " ".join(paragraph.split()), path.replace(" ", "-"))
        context = click.Context(command, info_name=path)
        yield from _metavars(" ".join(command.collect_usage_pieces(context)))
        for parameter in command.get_params(context):
            if isinstance(parameter, click.Option) and parameter.help:
                yield Text("", " ".join(parameter.help.split()), path.replace(" ", "-"))
            if record := parameter.get_help_record(context):
                yield from _metavars(record[0])


def _metavars(text: str) -> Iterator[Text]:
    from convergia_sms.cli._translation import METAVAR

    for found in METAVAR.findall(text):
        yield Text("metavar", found, "usage")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the group and every command below it, with its name in full."""
    yield path, group
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


# What click puts together from several of its texts.
_OF_CLICK = (
    "Missing argument {0}.", "Missing option {0}.", "Missing argument {0}. Choose from:",
    "Missing option {0}. Choose from:", "No such option {0}. Did you mean {1}?",
    "No such command {0}. Did you mean {1}?", "No such option {0}. (Did you mean one of: {1}?)",
    "No such command {0}. (Did you mean one of: {1}?)", "required", "float range",
    "integer range", "integer", "float",
)  # fmt: skip


def _of_click() -> Iterator[Text]:
    """Collect what click says itself: it marks its texts for gettext."""
    yield from (Text("", text, "click") for text in _OF_CLICK)
    for module in (core, decorators, exceptions, formatting, parser, termui, types):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not (isinstance(node, ast.Call) and _name(node.func) in ("_", "ngettext")):
                continue
            texts = list(filter(None, map(_template, node.args[:2])))
            if texts and not _FOR_PROGRAMMERS.search(texts[0]):
                yield Text("", _numbered(texts[0]), "click", *map(_numbered, texts[1:]))


_FOR_PROGRAMMERS = re.compile(
    "DeprecationWarning|declaration|No options defined|defined twice|cannot use the same flag"
    "|must be an iterable|^%|Unknown color|start character"
)


def _numbered(text: str) -> str:
    """Return a text of click's with {0}, {1}, … for its named values."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"{{{numbers.setdefault(found[1], len(numbers))}}}"

    return re.sub(r"\{(\w+)(?:![rs])?\}", number, text)
