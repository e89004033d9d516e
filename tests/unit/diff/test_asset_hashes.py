"""Asset hashes: which differences every build brings."""

from __future__ import annotations

import pytest

from cdkguard.diff.asset_hashes import differ_in_assets_only, hide_asset_hashes
from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.differences import are_equal
from cdkguard.template.scope import Scope

A, B = "a" * 64, "b" * 64


def scope():
    return ComparedScope(Scope({}))


@pytest.mark.parametrize(
    ("before", "after", "path", "expected"),
    [
        (f"{A}.zip", f"{B}.zip", "Properties.Code.S3Key", True),
        (f"https://s3/bucket/{A}.json", f"https://s3/bucket/{B}.json", "Properties.TemplateURL", True),
        (f"1.dkr.ecr/assets:{A}", f"1.dkr.ecr/assets:{B}", "Properties.Image", True),
        (f"{A}.zip", f"other/{B}.zip", "Properties.Code.S3Key", False),
        (A, B, "Properties.Grants", False),  # a canonical user
        (f'{{"CanonicalUser":"{A}"}}', f'{{"CanonicalUser":"{B}"}}', "Properties.Policy", False),
        (f"x/{A}", f"x/{B}", "Properties.PolicyDocument.Statement[0].Principal.AWS", False),
        (5, 6, "Properties.Size", False),
    ],
)
def test_asset_hashes(before, after, path, expected):
    assert differ_in_assets_only(before, after, path) is expected


def test_a_hash_is_hidden_where_it_names_an_asset_only():
    value = {"Resource": f"arn:aws:s3:::b/{A}.zip", "Principal": {"AWS": f"x/{A}.zip"}, "Text": A}
    assert hide_asset_hashes(value) == {**value, "Resource": "arn:aws:s3:::b/#.zip"}


def test_hashes_in_a_text_with_unknown_parts_are_hidden():
    def key(hash_):
        return make_comparable(scope(), {"Fn::Sub": "${Bucket}/" + hash_ + ".zip"})

    assert are_equal(hide_asset_hashes(key(A)), hide_asset_hashes(key(B))) and not are_equal(key(A), key(B))
    assert hide_asset_hashes(key(A)).kind == "text"
