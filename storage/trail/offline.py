"""Checks an export of Liftledger, with Python's standard library and nothing else.

    python verify.py FOLDER|FILE.zip [--public-key FILE.pem]

Files against SHA256SUMS; links of the log; rows against the seals that the log has of them; bytes
against the rows that name them; the anchor and the signature of SHA256SUMS, if there are any,
against the public key. Prints what holds, or what does not, and ends with 1 when something does
not. Formats: docs/trail.md of Liftledger. Ed25519: RFC 8032, sections 5.1.7 and 6.
"""

import base64
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUMS, SIGNED = "SHA256SUMS", "SHA256SUMS.signed.json"
LOG, ROWS, ANCHOR = "log.jsonl", "rows.jsonl", "anchor.json"
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def _problems(files: dict[str, bytes], public_key: bytes | None) -> Iterator[str]:
    yield from _sums(files)
    entries, rows = (list(map(json.loads, files[name].splitlines())) for name in (LOG, ROWS))
    yield from _chain(entries)
    yield from _seals(entries, rows, files)
    yield from _anchor(entries, files.get(ANCHOR), public_key)
    if SIGNED in files:
        told = json.loads(files[SIGNED])
        same = told["sha256"] == _sha256(files[SUMS]) and files[SIGNED] == canonical(told) + b"\n"
        if not same or not signed_by(public_key or bytes.fromhex(told["key"]), told):
            yield f"{SIGNED} is not about these {SUMS}, or not signed by this key"


def found_in(files: dict[str, bytes], public_key: bytes | None) -> list[str]:
    """Everything that does not hold."""
    try:
        return list(_problems(files, public_key))
    except (ValueError, LookupError, TypeError, zlib.error) as broken:
        return [f"cannot be read: {type(broken).__name__}: {broken}"]


def _sums(files: dict[str, bytes]) -> Iterator[str]:
    named: set[str] = set()
    for line in files.get(SUMS, b"").decode().splitlines(keepends=True):
        found = re.fullmatch(r"([0-9a-f]{64})  (\S.*)\n", line)
        if found is None or found[2] in named:
            yield f"{SUMS} has a line that says nothing: {line!r}"
        elif _sha256(files.get(found[2], b"")) != found[1]:
            yield f"{found[2]} was altered, or is missing"
        named.add(found[2] if found else "")
    for name in sorted(({LOG, ROWS} | files.keys()) - named - {SUMS, SIGNED}):
        yield f"{name} is not in {SUMS}"


def _chain(entries: list[dict[str, Any]]) -> Iterator[str]:
    for place, one in enumerate(entries):
        entry, last = one["entry"], entries[place - 1] if place else None
        if _sha256(json.dumps(entry, ensure_ascii=False).encode()) != one["hash"]:
            yield f"entry {entry[0]}: was altered"
        if last and entry[0] != last["entry"][0] + 1:
            yield f"entry {entry[0]}: entries before it are missing"
        elif last and entry[6] != last["hash"]:
            yield f"entry {entry[0]}: does not follow from the entry before"
        if last and entry[1][:19] < last["entry"][1][:19]:
            yield f"entry {entry[0]}: is dated before the entry before"


def _seals(entries: list[Any], rows: list[Any], files: dict[str, bytes]) -> Iterator[str]:
    lines: dict[tuple[str, str], list[str]] = {}
    for one in rows:
        line = f"{one['table']} {canonical(one['row']).decode()}"
        lines.setdefault(tuple(one["of"]), []).append(line)
        for column in one["bytes"]:
            wanted = one["row"][column]
            content = files.get(f"bytes/{wanted}")
            if content is None or _sha256(content) != wanted:
                yield f"{one['of']}: the bytes of {one['table']}.{column} are not there"
            elif "hash" in one["row"] and _sha256(zlib.decompress(content)) != one["row"]["hash"]:
                yield f"snapshot {one['row']['hash']} is not its own hash"
    named = (one["entry"] for one in entries if len(one["entry"]) > 7)
    sealed = {(entry[8], entry[9]): entry for entry in named}
    for of, found in lines.items():
        joined = "".join(sorted(_sha256(line.encode()) for line in found))
        if of not in sealed:
            yield f"{' '.join(of)}: no entry records it"
        elif sealed[of][10] != _sha256(joined.encode()):
            yield f"entry {sealed[of][0]}: {' '.join(of)} is not what was recorded"


def _anchor(entries: list[Any], content: bytes | None, public_key: bytes | None) -> Iterator[str]:
    if content is None:
        if public_key is not None:
            yield "there is a key, but no anchor: nothing says that the log was not written anew"
        return
    anchor = json.loads(content)
    if [entries[-1]["entry"][0], entries[-1]["hash"]] != [anchor["entries"], anchor["head"]]:
        yield f"entry {entries[-1]['entry'][0]}: is not the one that was anchored"
    if not signed_by(public_key or bytes.fromhex(anchor["key"]), anchor):
        yield "the anchor was not signed by this key"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> bytes:
    """One spelling per value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed_by(public_key: bytes, signed: dict[str, Any]) -> bool:
    """Whether a JSON object's signature is this key's, over all else in it."""
    message = canonical({name: value for name, value in signed.items() if name != "signature"})
    signature = bytes.fromhex(signed["signature"])
    r, a = _point(signature[:32]), _point(public_key)
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or r is None or a is None or s >= Q:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % Q
    left, right = _times(s, BASE), _add(r, _times(k, a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(s: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while s:
        if s & 1:
            total = _add(total, point)
        point, s = _add(point, point), s >> 1
    return total


def _point(encoded: bytes) -> Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def read(path: Path) -> dict[str, bytes]:
    """Files of an export by name."""
    if path.is_dir():
        found = (one for one in sorted(path.rglob("*")) if one.is_file())
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in found}
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def key_of(pem: str) -> bytes:
    """The 32 bytes of a public key."""
    return base64.b64decode("".join(pem.splitlines()[1:-1]))[-32:]


def main(words: list[str]) -> int:
    """0: everything holds; 1: something does not; 2: wrong usage."""
    if len(words) not in (1, 3) or words[1:2] not in ([], ["--public-key"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        public_key = key_of(Path(words[2]).read_text()) if words[1:] else None
        files = read(Path(words[0]))
    except (OSError, ValueError, zipfile.BadZipFile) as broken:
        sys.stderr.write(f"cannot be read: {broken}\n")
        return 1
    found = found_in(files, public_key)
    held = "anchored and signed by this key" if words[1:] else "no key was given: see README.md"
    last = f"{len(files)} files: all holds; {held}" if not found else f"problems: {len(found)}"
    sys.stdout.write("\n".join([*found, last, ""]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
