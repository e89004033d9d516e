"""The frame that made a construct, its caller, and the line of a stack whose creation was not recorded."""

import pytest

from cdkguard.inputs.code_files import CodeFiles
from cdkguard.inputs.source_places import choose_places, find_stack_frames
from cdkguard.inputs.stack_frames import Frame


def frames(folder, *places):
    """Frames of `file:line function`, the innermost first."""
    found = []
    for place in places:
        where, _, function = place.partition(" ")
        file, _, line = where.partition(":")
        found.append(Frame(str(folder / file), int(line), None, function))
    return found


@pytest.mark.parametrize(
    "name, line, calls_base",
    [
        ("a.py", "        super().__init__(scope, id, **kwargs)", True),
        ("a.py", "        super(Main, self).__init__(", True),
        ("a.py", "        cdk.Stack.__init__(self, scope, id)", True),
        ("a.py", "        cdk.Stack.__init__(", True),
        ("a.py", "        super().add_queue(self)", False),
        ("a.py", "        Agents(self, id)", False),
        ("a.ts", "    super(scope, id, props);", True),
        ("a.ts", "    super(", True),
        ("a.ts", "    super.addQueue(this);", False),
        ("a.ts", "    superBucket(this, 'B');", False),
        ("a.js", "    var _this = _super.call(this, scope, id) || this;", True),
        ("a.ts", "", False),
        ("a.txt", "super(scope, id);", False),
    ],
)
def test_calls_of_a_base_class(tmp_path, name, line, calls_base):
    (tmp_path / name).write_text(f"first\n{line}\n", encoding="utf-8")
    assert CodeFiles().calls_base_constructor(str(tmp_path / name), 2) is calls_base


def test_a_file_that_is_none_calls_nothing(tmp_path):
    for file in (str(tmp_path / "gone.py"), str(tmp_path), "/dev/zero", "a\0b.py"):
        assert not CodeFiles().calls_base_constructor(file, 1)


def test_whoever_instantiates_a_class_makes_it(tmp_path):
    (tmp_path / "parts.py").write_text("class Safe(Bucket):\n    def __init__(self):\n        super().__init__(self)\n")
    trace = frames(tmp_path, "parts.py:3 __init__", "main.py:9 __init__", "app.py:4 <module>")
    assert choose_places(trace, trace[2:], CodeFiles()) == (trace[1], None)


def test_what_a_base_class_of_a_library_makes_stands_at_the_call_of_its_constructor(tmp_path):
    """The line of the stack itself would say less."""
    (tmp_path / "main.py").write_text(
        "class Main(LibraryStack):\n    def __init__(self):\n        super().__init__(self)\n"
    )
    trace = frames(tmp_path, "main.py:3 __init__", "app.py:4 <module>")
    assert choose_places(trace, trace[1:], CodeFiles()) == (trace[0], None)
    assert choose_places(trace, (), CodeFiles()) == (trace[1], None)


def test_without_the_code_the_innermost_frame_counts(tmp_path):
    trace = frames(tmp_path, "parts.py:3 __init__", "main.py:9 __init__")
    assert choose_places(trace, (), CodeFiles()) == (trace[0], trace[1])
    assert choose_places((), (), CodeFiles()) == (None, None)


STAGE = ("stage.py:9 __init__", "stage.py:23 __init__", "app.py:4 <module>")


def test_the_line_of_a_stack_by_what_is_in_it(tmp_path):
    one, two = frames(tmp_path, *STAGE), frames(tmp_path, "parts.py:5 __init__", "stage.py:10 __init__", *STAGE[1:])
    assert find_stack_frames("Prod/Data", [[], one, two], CodeFiles()) == tuple(one[1:])
    assert find_stack_frames("Prod", [one, two], CodeFiles()) == tuple(one[2:])


def test_traces_that_disagree_name_no_line(tmp_path):
    other = frames(tmp_path, "stage.py:9 __init__", "stage.py:24 __init__", "app.py:4 <module>")
    assert find_stack_frames("Prod/Data", [frames(tmp_path, *STAGE), other], CodeFiles()) == ()
    assert find_stack_frames("Prod/Data", [], CodeFiles()) == ()


def test_a_line_that_makes_something_else_is_not_the_stacks(tmp_path):
    """`stack = Stack(app, "Main")` and then `Worker(stack, "Worker")`: the stack has no class of its own."""
    (tmp_path / "app.py").write_text('stack = Stack(app, "Main")\nWorker(stack, "Worker")\n', encoding="utf-8")
    trace = frames(tmp_path, "parts.py:5 __init__", "app.py:2 <module>")
    assert find_stack_frames("Main", [trace], CodeFiles()) == ()


def test_the_class_of_an_app_is_no_stack(tmp_path):
    (tmp_path / "app.py").write_text(
        "class Shop(App):\n    def __init__(self):\n        Main(self, 'Main')\nShop().synth()\n"
    )
    trace = frames(tmp_path, "main.py:5 __init__", "app.py:3 __init__", "app.py:4 <module>")
    assert find_stack_frames("Main", [trace], CodeFiles()) == tuple(trace[1:])


def test_a_call_without_arguments_decides_nothing(tmp_path):
    (tmp_path / "a.py").write_text("self._logs()\nself._function('Refund')\n", encoding="utf-8")
    for line, told in ((1, False), (2, True)):
        made, caller = choose_places(frames(tmp_path, "a.py:9 _make", f"a.py:{line} __init__"), (), CodeFiles())
        assert made.line == 9 and (caller is not None) is told
