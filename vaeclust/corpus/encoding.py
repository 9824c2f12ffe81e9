"""How the bytes of a text are encoded: as the file says, as UTF-8 if they can be that, else as a guess."""

import re

# What people in Europe write is one letter, or two, between others of ASCII; a longer run is another script.
_ELSEWHERE = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "cp1253", "cp1255", "cp1256"]
_RUN = re.compile(rb"[\x80-\xff]+")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def encoding_of(content: bytes, *, cut: bool = False) -> tuple[str, bool]:
    """Return how the bytes of a text are encoded, and whether that was guessed.

    cut: they are the beginning of more, so that the last letter may be a part of one.

    >>> encoding_of("Über".encode()), encoding_of("Übung macht".encode("cp1252"))
    (('utf-8', False), ('cp1252', True))
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name, False
    for name, zeros in (("utf-16-le", content[1:400:2]), ("utf-16-be", content[0:400:2])):
        if len(zeros) > 8 and zeros.count(0) > 0.7 * len(zeros):
            return name, True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if not cut or error.start < len(content) - 4:
            return _guess(content), True
    return "utf-8", False


def _guess(content: bytes) -> str:
    """Return what Windows writes in Western or Central Europe, or in the script that signs in a row look like."""
    from charset_normalizer import from_bytes

    runs = _RUN.findall(content)
    foreign = sum(len(run) for run in runs if len(run) > 2) > 0.5 * sum(map(len, runs))
    lines = b"".join(line for line in content.splitlines(keepends=True) if _RUN.search(line))
    for encodings in (_ELSEWHERE,) if foreign else (["cp1252"], ["cp1250"]):
        if found := from_bytes(lines, cp_isolation=encodings).best():
            return found.encoding
    # 0x80 to 0x9f are letters and quotes on Windows, and nothing that is printed in Latin-1.
    return "latin-1" if any(byte in content for byte in b"\x81\x8d\x8f\x90\x9d") else "cp1252"
