"""Tell the user's own request from what is only quoted: mail, injected instructions, SQL."""

import re
from typing import NamedTuple

_WROTE = re.compile(r"^[ \t]*on [^\n]{3,120} wrote:?", re.MULTILINE)
_FORWARD = re.compile(
    r"^[ \t-]{0,40}(?:original|forwarded) message[^\n]*|^[ \t]*begin forwarded message[^\n]*",
    re.MULTILINE,
)
_HEADER = re.compile(
    r"^[ \t]*(?:from|sent|to|cc|bcc|date|subject|re|fwd?|aw|wg):[^\n]*\n", re.MULTILINE
)
_QUOTED_LINE = re.compile(r"^[ \t]*>[^\n]*", re.MULTILINE)
_ROLE = r"(?:system|developer|admin|root|assistant)"
_POSING = re.compile(
    # <system> … </system>
    r"<(?:\|im_start\|> ?)?(?:system|developer|assistant|admin|instructions)[^<>\n]{0,40}>"
    r"[^<]{0,2000}(?:</?[a-z|_]{1,20}>)?"
    # [system] … [/system]
    rf"|\[{_ROLE}\][^\[\]]{{0,2000}}\[/{_ROLE}\]"
    # [INST] … [/INST], [developer: …]
    rf"|\[(?:/?inst|{_ROLE}\b)[^\[\]]{{0,1000}}\]"
    # {"role": "system", …}
    r"|\{[^{}]{0,40}role\W{1,4}(?:system|developer)[^{}]{0,600}\}"
    # SYSTEM: …, ### System prompt: …
    rf"|(?:^|(?<=[\n.!?>\"'(:]))[ \t#>*-]{{0,8}}{_ROLE}"
    r"(?: (?:prompt|message|note|override|instructions?|notice|update|says|mode))? ?[:>][^\n]*"
    # ignore all previous instructions …
    r"|(?:(?:please|now|and|also|first,?|then|just|kindly) )?"
    r"\b(?:ignore|disregard|forget|override|bypass)"
    r"(?: (?:all|any|the|your|my|of|every|these|those|everything|previous|prior|above|earlier"
    r"|existing|former|safety|system)){0,6}"
    r" (?:instructions?|rules|prompts?|guidelines|guardrails|above|context|filters?|directives?)\b"
    r"[^.!?\n]*"
    # act as root, reveal your system prompt
    r"|\b(?:you are now|pretend (?:to be|you)|act as (?:if|root|admin|an?|the|dan|system)"
    r"|(?:print|reveal|show|repeat|output|tell me) (?:me )?your (?:system |hidden |initial )?"
    r"(?:prompt|instructions)"
    r"|(?:reveal|print|show) (?:me )?(?:the |all )?"
    r"(?:system prompt|secrets?|api keys?|passwords?|hidden instructions)"
    r"|new (?:system )?instructions?:|developer mode|do anything now|jailbreak)[^.!?\n]*"
)
_SQL = re.compile(
    r"['\"]? ?;? ?\b(?:drop (?:table|database)|truncate table|delete from|insert into|alter table"
    r"|union (?:all )?select|create table)\b[^;\n]{0,200};?(?: ?--)?"
    r"|\bselect(?: \*| count\(\*\)| [a-z]{1,20}_[a-z_]{1,40}[a-z_, ]{0,80}"
    r"| [a-z]{1,20},[a-z_, ]{1,80})?"
    r" {1,3}from [a-z_.]{1,60}(?: where [^;\n-]{0,120})?;?"
    r"|\bselect [a-z_]{1,40} from (?:users?|accounts?|passwords?|information_schema[a-z_.]{0,40});?"
    r"|\bupdate [a-z_]{1,60} set [a-z_]{1,60} ?= ?[^;\n]{1,80};?"
    r"|' ?or ?'?1'? ?= ?'?1'?(?: ?--)?"
    r"|;? ?--+(?= |$)"
)
_HINTS = (
    "system",
    "developer",
    "admin",
    "root",
    "assistant",
    "ignore",
    "disregard",
    "forget",
    "override",
    "bypass",
    "you are now",
    "pretend",
    "act as",
    "your ",
    "role",
    "inst]",
    "[inst",
    "instructions:",
    "reveal",
    "jailbreak",
    "anything now",
    "print",
)
_SQL_HINTS = (
    "select ",
    "drop ",
    "delete ",
    "insert ",
    "union ",
    "truncate ",
    "alter ",
    "update ",
    "--",
    "' or",
    "'or",
    "create table",
)
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_MASK = "\n"


class Request(NamedTuple):
    """The user's own words, as long as the text they stand in, and the injected ones."""

    low: str
    injected: tuple[str, ...]
    foreign: bool


def own_words(low: str) -> Request:
    """Blank what is not the user's own request; a text that is all quotation is taken as it is."""
    text = low
    injected: tuple[str, ...] = ()
    if any(hint in low for hint in _HINTS):
        text, injected = _without_posing(low)
    if any(hint in text for hint in _SQL_HINTS):
        text = _SQL.sub(_blank, text)
    if "\n" in low or ">" in low or "wrote" in low or low.startswith(("re:", "fw")):
        unquoted = _without_quotes(text)
        text = unquoted if any(char.isalnum() for char in unquoted) else text
    return Request(text, injected, text != low)


def _without_posing(low: str) -> tuple[str, tuple[str, ...]]:
    injected: list[str] = []
    pieces: list[str] = []
    done = 0
    for match in _POSING.finditer(low):
        start, end = match.span()
        if start < done:
            continue
        end = _own_line(low, start, end)
        injected.append(low[start:end])
        pieces += (low[done:start], _MASK * (end - start))
        done = end
    return "".join((*pieces, low[done:])), tuple(injected)


def _own_line(low: str, start: int, end: int) -> int:
    """Return where an injected block ends: with its line, in a text of one line its sentence."""
    if low[end - 1] in "]>}" or "\n" in low:
        return end
    stop = _SENTENCE_END.search(low, start + 1, end)
    return stop.end() if stop else end


def _without_quotes(low: str) -> str:
    text = low
    forwarded = _FORWARD.search(text)
    if forwarded and any(char.isalnum() for char in text[: forwarded.start()]):
        text = text[: forwarded.start()] + _MASK * (len(text) - forwarded.start())
    wrote = _WROTE.search(text)
    if wrote:
        end = wrote.end()
        if not text[end:].lstrip().startswith(">"):
            blank = text.find("\n\n", end)
            end = len(text) if blank < 0 else blank
        text = text[: wrote.start()] + _MASK * (end - wrote.start()) + text[end:]
    text = _QUOTED_LINE.sub(_blank, text)
    return _HEADER.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return _MASK * len(match[0])
