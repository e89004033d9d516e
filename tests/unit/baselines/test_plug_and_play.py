"""Yarn's file of places, in the work tree of another revision."""

import json
import os
import re

import pytest

from cdkguard.baselines.plug_and_play import has_plug_and_play, share_plug_and_play

PLACES = {
    "names": "./packages/names/",
    "global": "../cache/ms-1.zip/node_modules/ms/",
    "kept": "./.yarn/cache/kept-1.zip/node_modules/kept/",
    "own": "./.yarn/cache/own-1.zip/node_modules/own/",
    "unplugged": "./.yarn/unplugged/esbuild/node_modules/esbuild/",
}


@pytest.fixture
def trees(tmp_path):
    """The user's tree and that of the other revision, at another depth; one archive is in both."""
    own, other = tmp_path / "own", tmp_path / "tmp/deep/own"
    for path in (
        "cache/ms-1.zip", "own/.yarn/cache/own-1.zip", "own/.yarn/cache/kept-1.zip", "tmp/deep/own/.yarn/cache/kept-1.zip",
        "own/.yarn/install-state.gz", "own/.yarn/unplugged/esbuild/node_modules/esbuild/package.json", "own/packages/names/index.js",
        "tmp/deep/own/packages/names/index.js",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    return own, other


def text_of(places):
    lines = [f'[{json.dumps(name)}, {{"packageLocation": {json.dumps(place)}}}],\\' for name, place in places.items()]
    return "const RAW = '{\\\n" + "\n".join(lines) + "\n}';\n"


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("file", [".pnp.cjs", ".pnp.data.json"])
def test_installed_packages_are_those_of_now_and_own_ones_those_of_then(trees, tracked, file):
    own, other = trees
    (own / ".pnp.cjs").write_text("")
    for tree in (own, other) if tracked else (own,):
        (tree / file).write_text(text_of(PLACES))
    assert has_plug_and_play(str(own))
    share_plug_and_play(str(own), str(other))

    places = re.findall(r'"packageLocation": "([^"]*)"', (other / file).read_text())
    names, everywhere, kept, mine, unplugged = (os.path.normpath(other / place) for place in places)
    assert names == str(other / "packages/names") and kept.startswith(str(other))
    assert everywhere == str(own.parent / "cache/ms-1.zip/node_modules/ms")
    assert mine == str(own / ".yarn/cache/own-1.zip/node_modules/own")
    assert unplugged == str(own / ".yarn/unplugged/esbuild/node_modules/esbuild")
    assert all(place.endswith("/") and not place.startswith("/") for place in places)
    assert (other / ".yarn/install-state.gz").resolve() == own / ".yarn/install-state.gz"
    assert (own / file).read_text() == text_of(PLACES), "the user's own file stays"


def test_without_it_nothing_is_written(trees):
    own, other = trees
    share_plug_and_play(str(own), str(other))
    assert not (other / ".pnp.cjs").exists() and not (other / ".yarn/install-state.gz").exists()
