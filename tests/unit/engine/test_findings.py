"""Fingerprints identify a finding across runs."""

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.findings import fingerprint

hashes = st.text("0123456789ABCDEF", min_size=8, max_size=8)
words = st.text("abcXYZ/", min_size=1, max_size=8)


@given(words, hashes, hashes, st.integers(0, 999), st.integers(0, 999), st.sampled_from(["", "Prod/Data/Bucket"]))
def test_a_fingerprint_survives_another_hash_and_another_index(name, one, two, i, j, path):
    a = fingerprint("r", "S", path, f"{name}{one}", f"Properties.Ingress[{i}].CidrIp")
    assert a == fingerprint("r", "S", path, f"{name}{two}", f"Properties.Ingress[{j}].CidrIp")
    assert len(a) == 24 and int(a, 16) >= 0


def test_a_fingerprint_tells_everything_else_apart():
    base = ("r", "S", "", "Bucket01234567", "Properties.A[0]")
    others = [
        ("q", *base[1:]),
        ("r", "T", *base[2:]),
        ("r", "S", "S/B", *base[3:]),
        (*base[:3], "Other01234567", base[4]),
        (*base[:4], "Properties.B[0]"),
        (*base[:3], "Bucket0123456", base[4]),
        ("rS", "", *base[2:]),
    ]
    assert len({fingerprint(*facts) for facts in [base, *others]}) == len(others) + 1


def test_a_logical_id_that_looks_like_a_hash_is_kept():
    assert fingerprint("r", "S", "", "ABCDEF01", "") != fingerprint("r", "S", "", "ABCDEF02", "")


def test_a_fingerprint_does_not_change_from_version_to_version():
    assert (
        fingerprint("s3-versioning", "Prod/Data", "Prod/Data/B", "B01234567", "Properties.A[1].B")
        == "5b14875f1b964499f0fef796"
    )
