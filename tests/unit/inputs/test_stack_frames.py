"""Frames of stack traces: their files, lines, columns and functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.inputs.stack_frames import Frame, is_library, read_frame, user_frames


@pytest.mark.parametrize(
    "text, frame",
    [
        ("new Main (/app/lib/main.ts:10:17)", Frame("/app/lib/main.ts", 10, 17, "new Main")),
        ("<module> (/app/app.py:12)", Frame("/app/app.py", 12, None, "<module>")),
        ("/app/bin.ts:7:1", Frame("/app/bin.ts", 7, 1)),
        ("async file:///app/bin%20one.mts?tsx-namespace=1764:7:1", Frame("/app/bin one.mts", 7, 1)),
        ("async main (file:///app/lib/main.mts:3:5)", Frame("/app/lib/main.mts", 3, 5, "main")),
        (r"new Main (C:\app\lib\main.ts:10:17)", Frame(r"C:\app\lib\main.ts", 10, 17, "new Main")),
        ("new Main (file:///C:/app/lib/main.ts:10:17)", Frame("C:/app/lib/main.ts", 10, 17, "new Main")),
        # The library cuts off the end of a frame without a function.
        ("/app/lib/main.ts:29 (:)", Frame("/app/lib/main.ts", 29)),
        ("/app/lib/main.ts:29: (:)", Frame("/app/lib/main.ts", 29)),
        ("/app/lib/main.ts:29:1 (:)", Frame("/app/lib/main.ts", 29)),
        ("Array.forEach (:)", None),
        ("forEach (native:1:11)", None),
        ("...new Vpc2 in aws-cdk-lib...", None),
        ("(no user code in 50 frames, use --stack-trace-limit to capture more)", None),
        ("f (node:internal/modules/cjs/loader:1554:14)", None),
        ("x" * 5000 + " (/app/a.ts:1:1)", None),
        (None, None),
        (7, None),
    ],
)
def test_a_frame_is_read(text, frame):
    assert read_frame(text) == frame


@pytest.mark.parametrize(
    "file",
    [
        "/app/node_modules/aws-cdk-lib/aws-s3/lib/bucket.js",
        "/app/node_modules/.pnpm/aws-cdk-lib@2.248.0_constructs@10.8.1/node_modules/aws-cdk-lib/core/lib/stack.js",
        "/home/me/.bun/install/cache/aws-cdk-lib@2.180.0/core/lib/stack.js",
        "/tmp/jsii-kernel-a1B2/node_modules/aws-cdk-lib/index.js",
        "/usr/lib/python3.11/contextlib.py",
        "/home/me/.venv/lib/python3.12/site-packages/aws_cdk/__init__.py",
        r"C:\app\node_modules\constructs\lib\construct.js",
        r"C:\Python312\Lib\contextlib.py",
    ],
)
def test_files_of_packages_and_of_the_runtime_are_not_the_users(file):
    assert is_library(file)


@pytest.mark.parametrize("file", ["/app/lib/main.ts", "/home/me/aws-cdk-library/app.py", "/srv/python3/app.py"])
def test_files_of_the_app_are_the_users(file):
    assert not is_library(file)


@given(st.lists(st.none() | st.integers() | st.text()) | st.none() | st.text())
def test_any_trace_can_be_read(trace):
    assert all(frame.line >= 0 for frame in user_frames(trace))
