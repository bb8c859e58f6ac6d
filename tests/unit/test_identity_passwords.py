"""Hashes of passwords."""

import statistics
import subprocess
import sys
import time

import pytest

from services.identity import passwords

PASSWORD = "correct horse battery staple"


def test_a_hash_is_argon2id_with_owasps_parameters_and_a_salt_of_its_own():
    one, other = passwords.hash(PASSWORD), passwords.hash(PASSWORD)

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other


def test_only_the_same_password_verifies():
    stored = passwords.hash(PASSWORD)

    assert passwords.verify(stored, PASSWORD)
    assert not passwords.verify(stored, PASSWORD + " ")
    assert not passwords.verify(stored, "")


def test_nothing_verifies_against_no_hash():
    assert not passwords.verify(None, "")
    assert not passwords.verify(None, PASSWORD)


def test_verifying_against_no_hash_takes_as_long_as_against_a_real_one():
    stored = passwords.hash(PASSWORD)

    def median(password_hash):
        times = []
        for _ in range(9):
            began = time.perf_counter()
            passwords.verify(password_hash, "wrong horse battery staple")
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    assert 1 / 3 < median(None) / median(stored) < 3


@pytest.mark.parametrize(("parameters", "old"), [("m=19456,t=2,p=1", False), ("m=8,t=1,p=1", True)])
def test_a_hash_under_other_parameters_is_outdated(parameters, old):
    stored = passwords.hash(PASSWORD).replace("m=19456,t=2,p=1", parameters)

    assert passwords.outdated(stored) is old


def test_names_too_short_to_tell_may_turn_up_in_a_password():
    passwords.check("a password with bob in it", ["bob", ""])


_GREEN = """
import eventlet
eventlet.monkey_patch()
from services.identity import passwords

ticks, hashing = 0, True

def tick():
    global ticks
    while hashing:
        ticks += 1
        eventlet.sleep(0.001)

eventlet.spawn(tick)
for _ in range(10):
    stored = passwords.hash("correct horse battery staple")
assert passwords.verify(stored, "correct horse battery staple")
hashing = False
print(ticks)
"""


def test_others_run_while_a_green_process_hashes():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _GREEN], capture_output=True, text=True, timeout=60, check=True)

    # On the hub's own thread each hash would let one tick through at most.
    assert int(done.stdout) > 20
