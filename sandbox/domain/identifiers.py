"""Identifiers of institutions and of registered pilots, checked by their own check digits.

Each check returns None when the text holds, else the reason in one clause, so that admission can turn it into a finding.
"""

from __future__ import annotations

import re
from typing import Final

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: digits and capital letters without I, O, S, V, Z; the index is the character's value."""

_USCC_WEIGHTS: Final = tuple(pow(3, position, 31) for position in range(17))
_LEI: Final = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_NUMBER: Final = re.compile(rf"(?P<uscc>[{USCC_ALPHABET}]{{18}})-(?P<year>[0-9]{{4}})-(?P<serial>[0-9]{{4}})")


def uscc_check_character(body: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015): weights 3^i mod 31, complement to 31."""
    total = sum(USCC_ALPHABET.index(character) * weight for character, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def uscc_fault(text: str) -> str | None:
    """Why `text` is not a unified social credit code 统一社会信用代码 (GB 32100-2015); None if it is one."""
    if len(text) != 18:
        return f"a unified social credit code has 18 characters, {text!r} has {len(text)}"
    strange = sorted({character for character in text if character not in USCC_ALPHABET})
    if strange:
        return f"{text!r} contains {', '.join(map(repr, strange))}; only digits and capitals without I, O, S, V, Z may occur"
    if uscc_check_character(text[:17]) != text[17]:
        return f"the check character of {text!r} does not hold (GB 32100-2015)"
    return None


def lei_check_digits(body: str) -> str:
    """The last two digits for the first 18 characters (ISO 17442, ISO 7064 MOD 97-10). Letters count as two digits, so a digit
    taken for a letter can escape the scheme; a digit for a digit or a letter for a letter cannot."""
    return f"{98 - _mod97(body + '00'):02d}"


def lei_fault(text: str) -> str | None:
    """Why `text` is not a legal entity identifier (ISO 17442); None if it is one."""
    if _LEI.fullmatch(text) is None:
        return f"a LEI has 18 digits or capitals and two check digits, not {text!r}"
    if lei_check_digits(text[:18]) != text[18:]:
        return f"the check digits of {text!r} do not hold (ISO 17442)"
    return None


def registration_number_fault(text: str) -> str | None:
    """Why `text` is not a registration number 编号 `<USCC>-YYYY-NNNN` (PBoC declaration form); None if it is one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return f"a registration number has the form <USCC>-YYYY-NNNN, not {text!r}"
    return uscc_fault(match["uscc"])


def _mod97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
