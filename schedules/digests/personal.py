"""Taking personal data out of people's own words, by rule. Pure.

The rule finds phone numbers, e-mail and web addresses, handles, and numbers of six or more digits. It cannot
find names: whoever shows comments to others has to know that.
"""

import re
import unicodedata

REMOVED = "[removed]"

# Digits of any script are \d; the ringed ones keep their shape when compatibility forms are folded.
_DIGIT = r"[\d❶-➓⓫-⓿]"
# Between the digits of one number: anything but letters, a line's end, and what divides times and lists.
_BETWEEN = r"(?:(?![\d❶-➓⓫-⓿:;?!\r\n])[\W_]){0,4}"
_NUMBER = rf"[\w+(]*?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{5,}}\w*"
_AT = r"(?:@|\s?[(\[{]\s?(?:at|arroba)\s?[)\]}]\s?)"
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|punto)\s?[)\]}]\s?)"
_WORD = r"[\w+%'-]{1,64}"
_EMAIL = rf"{_WORD}(?:\.{_WORD}){{0,8}}\s?{_AT}\s?{_WORD}(?:{_DOT}{_WORD}){{1,8}}"
_SPOKEN_EMAIL = rf"{_WORD}(?:\.{_WORD}){{0,8}} (?:at|arroba) {_WORD}(?: (?:dot|punto) {_WORD}){{1,4}}"
_LINK = r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|(?<!\w)(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}/)\S+"
_HANDLE = r"(?<!\w)@\w{2,64}"

_PERSONAL = re.compile("|".join((_LINK, _EMAIL, _SPOKEN_EMAIL, _HANDLE, _NUMBER)), re.IGNORECASE)
_REPEATED = re.compile(r"(?P<mark>\x00)(?:[\s,;/]*\x00)+")


def redact(words: str, mark: str = REMOVED) -> str:
    """`words` with everything the rule finds replaced by `mark`; neighbours become one mark.

    Compatibility forms are folded first (Unicode NFKC), so that a number in full-width or ringed digits, or
    an address with a full-width @, is found like any other. Applying the rule twice changes nothing more.
    """
    folded = unicodedata.normalize("NFKC", words).replace("\x00", "")
    return _REPEATED.sub("\x00", _PERSONAL.sub("\x00", folded)).replace("\x00", mark)
