"""The verifier that stands alone: its signatures are those of the standard."""

import json
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.json_values import canonical
from storage.trail import offline
from storage.trail.anchors import sign

# RFC 8032, section 7.1: TEST 1, 2 and 3
VECTORS = (
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", ""),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82"),
)  # fmt: skip


@pytest.mark.parametrize(("secret", "public", "message"), VECTORS)
def test_keys_of_the_standard_are_told_apart(secret: str, public: str, message: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.public_key().public_bytes_raw().hex() == public
    told = sign({"message": message}, key)
    assert offline.signed_by(bytes.fromhex(public), told)
    for other in {one for _, one, _ in VECTORS} - {public}:
        assert not offline.signed_by(bytes.fromhex(other), told)


def test_no_bit_of_a_signature_or_of_what_is_signed_can_be_changed() -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    told = sign({"head": "f" * 64, "entries": 12}, key)
    assert offline.signed_by(public, told)
    assert not offline.signed_by(public, told | {"entries": 13})
    signature = bytes.fromhex(told["signature"])
    for bit in random.Random(1).sample(range(512), 60):
        wrong = bytearray(signature)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not offline.signed_by(public, told | {"signature": wrong.hex()})
    more = (
        int.from_bytes(signature[32:], "little") + offline.Q
    )  # another spelling of the same number
    again = signature[:32] + more.to_bytes(32, "little")
    assert not offline.signed_by(public, told | {"signature": again.hex()})


def test_values_are_spelled_as_in_the_ledger() -> None:
    value = {"b": [1.5, None, True], "a": 'ünï \n " \\ \x7f'}
    assert offline.canonical(value).decode() == canonical(value)
    assert json.loads(offline.canonical(value)) == value
