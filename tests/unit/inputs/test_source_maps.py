"""Places in compiled JavaScript -> places in the TypeScript that it was made of."""

import base64
import json

import pytest

from cdkguard.inputs.code_files import CodeFiles
from cdkguard.inputs.source_maps import SourceMaps, _find_place
from cdkguard.inputs.stack_frames import Frame

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number):
    rest, text = (-number << 1) | 1 if number < 0 else number << 1, ""
    while True:
        digit, rest = rest & 31, rest >> 5
        text += DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return text


def encode(lines):
    """Mappings of [(compiled column, source, line, column)] for each compiled line, all from 0."""
    source = line = column = 0
    texts = []
    for segments in lines:
        at, parts = 0, []
        for compiled, *place in segments:
            text = vlq(compiled - at)
            at = compiled
            if place:
                text += vlq(place[0] - source) + vlq(place[1] - line) + vlq(place[2] - column)
                source, line, column = place
            parts.append(text)
        texts.append(",".join(parts))
    return ";".join(texts)


MAPPINGS = encode([[], [(0, 1, 9, 4), (20, 1, 40, 2)], [(0,), (4, 0, 3, 0)]])


@pytest.mark.parametrize(
    "line, column, place",
    [
        (2, 1, (1, 10, 5)), (2, 20, (1, 10, 5)), (2, 21, (1, 41, 3)), (2, 99, (1, 41, 3)), (2, None, (1, 10, 5)),
        (3, 9, (0, 4, 1)), (1, 1, None), (4, 1, None), (0, 1, None),
    ],
)  # fmt: skip
def test_a_place_is_found(line, column, place):
    assert _find_place(MAPPINGS.split(";"), line, column) == place


def compiled(folder, mapping, inline=False):
    """A compiled file with its map."""
    text = json.dumps({"version": 3, "sources": ["../lib/a.ts", "../node_modules/aws-cdk-lib/b.ts"], **mapping})
    file = folder / "dist" / "app.js"
    file.parent.mkdir(exist_ok=True)
    name = f"data:application/json;base64,{base64.b64encode(text.encode()).decode()}" if inline else "app.js.map"
    (folder / "dist" / "app.js.map").write_text(text, encoding="utf-8")
    file.write_text(f"one\ntwo\nthree\n//# sourceMappingURL={name}\n", encoding="utf-8")
    return Frame(str(file), 3, 9, "new Main")


@pytest.mark.parametrize("inline", [False, True])
def test_a_frame_is_named_as_it_was_written(tmp_path, inline):
    frame = compiled(tmp_path, {"mappings": MAPPINGS}, inline)
    assert SourceMaps(CodeFiles()).original(frame) == Frame(str(tmp_path / "lib" / "a.ts"), 4, 1, "new Main")
    library = SourceMaps(CodeFiles()).original(frame._replace(line=2))
    assert library.file == str(tmp_path / "node_modules/aws-cdk-lib/b.ts")


@pytest.mark.parametrize(
    "mapping", [{"mappings": 3}, {"mappings": "~~;~~;~~"}, {"mappings": MAPPINGS, "sources": 1}, {}]
)
def test_a_map_that_cannot_be_used_leaves_the_frame(tmp_path, mapping):
    frame = compiled(tmp_path, mapping)
    assert SourceMaps(CodeFiles()).original(frame) == frame


def test_a_file_without_a_map_leaves_the_frame(tmp_path):
    (tmp_path / "app.js").write_text("const x = 1;\n", encoding="utf-8")
    for file in (str(tmp_path / "app.js"), str(tmp_path / "gone.js")):
        assert SourceMaps(CodeFiles()).original(Frame(file, 1, 1)) == Frame(file, 1, 1)


def test_a_bundle_that_holds_the_library_and_has_no_map_says_nothing(tmp_path):
    """Most of its frames are the library's: the innermost one would be a wrong line."""
    (tmp_path / "app.js").write_text('const PATHS = "aws:cdk:enable-path-metadata";\n', encoding="utf-8")
    assert SourceMaps(CodeFiles()).original(Frame(str(tmp_path / "app.js"), 1, 1)) is None
