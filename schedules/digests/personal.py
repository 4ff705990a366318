"""Taking personal data out of people's own words, by rule. Pure.

The rule finds phone numbers, e-mail and web addresses, handles, and numbers of six or more digits. It cannot
find names: whoever shows comments to others has to know that.
"""

import re
import unicodedata

REMOVED = "[removed]"

# Possessive runs (++), begun only where a word begins, keep the time linear in the length of any text.
_WORD = r"[\w+%'-]++"
_AT = r"(?:\s?@\s?|\s?[(\[{]\s?(?:at|arroba)\s?[)\]}]\s?|\s(?:at|arroba)\s)"
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|punto)\s?[)\]}]\s?|\s(?:dot|punto)\s)"
# What an address or a link ends its name with begins with a letter, so that neither takes a number apart.
_EMAIL = rf"(?<![\w.+%'-])[\w.+%'-]++{_AT}(?:{_WORD}{_DOT}){{1,8}}[^\W\d_][\w-]*"
_LINK = r"(?<!\w)(?:[a-z][a-z0-9]{1,15}://|www\.|(?<!-)(?:[\w-]++\.){1,4}[^\W\d_]{2,24}/)\S+"
_HANDLE = r"(?<!\w)@\w{2,64}"

# \d is a digit of any script. Between the digits of one number may stand up to four characters, but no
# letter, no end of a line, and nothing that divides times and sentences.
_DIGIT = r"[\d❶-➓⓫-⓿]"
_BETWEEN = r"(?:(?![:;?!\r\n])[\W_]){0,4}"
_NUMBER = rf"(?<!\w)[+(]{{0,2}}\w*?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}\w*[\uFE0F\u20E3]*"

_RULES = tuple(re.compile(rule, re.IGNORECASE) for rule in (_LINK, _EMAIL, _HANDLE, _NUMBER))
_REPEATED = re.compile(r"\x00(?:[\s,;/]*\x00)+")


def redact(words: str, mark: str = REMOVED) -> str:
    """`words` with everything the rule finds replaced by `mark`; neighbours become one mark.

    Compatibility forms are folded first (Unicode NFKC), so that a number in full-width or ringed digits, or
    an address with a full-width @, is found like any other.
    """
    left = unicodedata.normalize("NFKC", words).replace("\x00", "")
    for rule in _RULES:
        left = rule.sub("\x00", left)
    return _REPEATED.sub("\x00", left).replace("\x00", mark)
