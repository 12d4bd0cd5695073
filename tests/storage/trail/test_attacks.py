"""The matrix of attacks: each is found with an anchor, and the page says which need one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, make_url, text

from storage import audit
from storage.database import connect, transaction
from storage.trail.anchors import Anchor, anchor
from storage.trail.verification import verify
from tests.storage.trail.attacks import ATTACKS, Attack, cut
from tests.storage.trail.tampering import tamper, write

PAGE = Path(__file__).parents[3] / "docs" / "trail.md"
KEY = Ed25519PrivateKey.generate()
ELSEWHERE = {  # attacks that have a test of their own
    "restore an old copy": True,
    "swap the anchor": True,
    "grant oneself a role": False,  # test_roles.py
}


@pytest.fixture
def written(engine: Engine) -> Engine:
    with transaction(engine) as session:
        write(session)
    return engine


def anchored(engine: Engine, key: Ed25519PrivateKey = KEY) -> Anchor:
    with transaction(engine) as session:
        return anchor(*audit.head(session), key)


def found(engine: Engine, *anchors: Anchor) -> list[str]:
    with transaction(engine) as session:
        return [str(one) for one in verify(session, anchors, KEY.public_key()).problems]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_is_found_with_an_anchor_and_those_that_need_one_are_known(
    written: Engine, attack: Attack
) -> None:
    if attack.name == "set the clock back while nothing is written":
        tamper(written, "UPDATE audit_log SET happened_at = happened_at - interval '1 day';"
               + everything_rehashed(), "audit_log")  # fmt: skip
    kept = anchored(written)
    assert found(written, kept) == []
    attack.run(written)
    assert bool(found(written)) is not attack.needs_anchor
    assert found(written, kept)


def test_an_old_copy_that_is_restored_is_found_with_an_anchor_alone(
    written: Engine, old_copy: Engine
) -> None:
    with transaction(written) as session:
        audit.record(session, "noted", "it", {}, "ada")
    kept = anchored(written)
    assert found(old_copy) == []
    assert "an old copy restored" in found(old_copy, kept)[0]
    with transaction(old_copy) as session:  # and life went on from there
        for n in range(3):
            audit.record(session, "noted", "it", {"n": n}, "eve")
    assert "history was replaced" in found(old_copy, kept)[0]


def test_an_anchor_that_was_swapped_was_not_signed_by_the_key(written: Engine) -> None:
    kept = anchored(written)
    cut(written)
    fake = anchored(written, Ed25519PrivateKey.generate())
    assert found(written) == []
    assert found(written, fake) == [f"the anchor of {fake.at} was not signed by this key"]
    relabelled = Anchor(fake.at, fake.entries, fake.head, kept.key, kept.signature)
    assert found(written, relabelled) == [f"the anchor of {fake.at} was not signed by this key"]


def test_all_anchors_of_a_file_are_checked_and_none_goes_back(written: Engine) -> None:
    first = anchored(written)
    with transaction(written) as session:
        audit.record(session, "noted", "it", {}, "ada")
    second = anchored(written)
    assert found(written, first, second) == []
    assert found(written, second, first) == [
        f"the anchor of {first.at} is of a shorter log than the one before"
    ]


def test_the_page_lists_the_attacks_and_which_need_an_anchor() -> None:
    rows = re.findall(r"^\| ([a-z][^|]+?) \| (yes|no) \| (yes) \|$", PAGE.read_text(), re.MULTILINE)
    said = {name: alone == "no" for name, alone, _ in rows}
    assert said == {one.name: one.needs_anchor for one in ATTACKS} | ELSEWHERE
    assert len(said) >= 12


@pytest.fixture
def old_copy(written: Engine, server_url: str) -> Iterator[Engine]:
    """A copy of the database as it is now."""
    name = f"{written.url.database}_old"
    written.dispose()
    server = connect(server_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {written.url.database}"))
        copy = connect(
            make_url(server_url).set(database=name).render_as_string(hide_password=False)
        )
        yield copy
        copy.dispose()
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def everything_rehashed() -> str:
    """The chain once more from its first entry."""
    return (
        "DO $$ DECLARE one audit_log; before text := repeat('0', 64); BEGIN"
        " FOR one IN SELECT * FROM audit_log ORDER BY id LOOP one.previous_hash := before;"
        " one.hash := liftledger_audit_hash(one); UPDATE audit_log SET previous_hash ="
        " one.previous_hash, hash = one.hash WHERE id = one.id; before := one.hash;"
        " END LOOP; END $$"
    )
