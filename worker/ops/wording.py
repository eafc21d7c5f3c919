"""Says things in the reader's language: one table of texts, and the product's own sentences read in it.

Facts come from the worker in English, as fixed words or as sentences of `worker.steps` and
`worker.core`. A sentence that the table does not know is shown as it came: a fact in another language
is better than none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from worker.ops.language import Language, language_of
from worker.ops.texts import TEXTS
from worker.printable import printable

__all__ = ["Language", "WhyOf", "Wording", "language_of", "nothing_known"]


# A code and the action that was refused with it, to what is behind the code in a few English words.
WhyOf = Callable[[str, str], str]

# How the cloud writes its codes: words run together, parted by dots.
_CODE = re.compile(r"[A-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*")


def nothing_known(_code: str, _action: str) -> str:
    """Leave a code without a word about it."""
    return ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts in one language.

    Attributes:
        why_of: What explains the cloud's codes; without it they stand alone.
    """

    language: Language = Language.ENGLISH
    why_of: WhyOf = nothing_known

    def __call__(self, key: str, **values: object) -> str:
        """Return a text of the table with its values filled in, each made printable.

        What has a text for one of it gets that where `number` is 1.
        """
        if values.get("number") == 1 and f"{key}.one" in TEXTS:
            key = f"{key}.one"
        english, chinese = TEXTS[key]
        text = chinese if self.language is Language.CHINESE else english
        return text.format(**{name: printable(str(value)) for name, value in values.items()})

    def known(self, prefix: str, word: str, **values: object) -> str:
        """Return the text for a fixed word of the product, or the word itself when it is new."""
        key = f"{prefix}.{word}"
        return self(key, **values) if key in TEXTS else printable(word)

    def sentence(self, english: str) -> str:
        """Return one of the product's own sentences in this language."""
        if self.language is Language.ENGLISH:
            return printable(english)
        # Some hundred patterns: who reads English does not pay for them.
        from worker.ops.sentences import SENTENCES  # noqa: PLC0415 - as above

        for pattern, chinese in SENTENCES:
            match = pattern.fullmatch(english)
            if match is not None:
                return printable(chinese.format(*self._quoted(match)))
        if _CODE.fullmatch(english):
            return self.code(english)
        return self._problem(english) or self._parts(english)

    def _quoted(self, match: re.Match[str]) -> list[str]:
        """Read what a sentence quotes: it may be one of ours, or a code."""
        coded, action = match.re.groupindex.get("code"), match.groupdict().get("action", "")
        return [
            self.code(one, action) if at == coded else self.sentence(one)
            for at, one in enumerate(match.groups(), start=1)
        ]

    def code(self, code: str, action: str = "") -> str:
        """Return a code of the cloud with what is behind it, for who does not read that out of it."""
        why = self.why(code, action)
        return f"{printable(code)}（{why}）" if why else printable(code)

    def why(self, code: str, action: str = "") -> str:
        """Return what is behind a code; empty for who reads English as the code is, or when nobody knows."""
        why = self.why_of(code, action) if self.language is Language.CHINESE else ""
        return self.sentence(why) if why else ""

    def _problem(self, english: str) -> str:
        """Read what is wrong with a configuration; empty when that is not what it is about, or when half is unknown."""
        from worker.ops.problem_sentences import PROBLEM  # noqa: PLC0415 - as in `sentence`

        match = PROBLEM.fullmatch(english)
        if match is None:
            return ""
        path, what, found, advice = match.groups()
        told, then = _read(what), _read(advice)
        if not told or not then:
            return ""
        where = f"（当前为 {found}）" if found else ""
        return printable(f"{path}：{told}{where}；{then}")

    def _parts(self, english: str) -> str:
        """Read several sentences one by one, such as why one rung after the other could not be had."""
        parts = english.split("; ")
        read = [self.sentence(part) for part in parts] if len(parts) > 1 else []
        # One that nobody knows keeps its own punctuation.
        is_known = read != [printable(part) for part in parts]
        return "；".join(read) if read and is_known else printable(english)

    def listed(self, items: "tuple[str, ...] | list[str]") -> str:
        """Join items as this language does."""
        return ("、" if self.language is Language.CHINESE else ", ").join(map(printable, items))


def _read(half: str) -> str:
    """Read one half of a problem with a configuration; empty when nobody knows it."""
    from worker.ops.problem_sentences import PROBLEMS  # noqa: PLC0415 - as in `sentence`

    for pattern, chinese in PROBLEMS:
        match = pattern.fullmatch(half)
        if match is not None:
            return chinese.format(*match.groups())
    return ""
