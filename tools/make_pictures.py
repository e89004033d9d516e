"""Makes docs/pictures from real output: `make demo`, what a terminal shows of a change, and the page of the same run.

The change is that of a pull request of three lines on examples/orders: a bucket's id, an action, and nothing. It needs
what `make examples` installs, and a Chromium; run it where the words of the output have changed.
"""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.support.browser import find_chromium  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
WIDTH = 100  # Characters of the terminal.
PAGE = {"width": 1080, "height": 1190}  # Pixels of the page's upper part.
SCALE = 0.85
EDITS = {
    "orders/data.py": ('"Invoices",', '"InvoiceDocs",'),
    "orders/service.py": ('actions=["s3:GetObject"],', 'actions=["s3:*"],'),
}
# rich's own frame names fonts on a server, which a README does not load.
_FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
line-height: {line_height}px; }} .{unique_id}-title {{ font: bold 18px sans-serif; }} {styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def make_pull_request(folder: Path) -> None:
    """A repository with the example on its main branch, and the change in its work tree."""
    shutil.copytree(
        ROOT / "examples" / "orders", folder, ignore=shutil.ignore_patterns("cdk.out", ".venv", "__pycache__")
    )
    identity = ["-c", "user.name=orders", "-c", "user.email=orders@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*identity, "commit", "-qm", "orders"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    for name, (old, new) in EDITS.items():
        text = (folder / name).read_text()
        assert text.count(old) == 1, (name, old)
        (folder / name).write_text(text.replace(old, new))


def run_check(folder: Path) -> str:
    """What a terminal shows; the page lies in the folder above then."""
    command = [
        sys.executable,
        "-m",
        "cdkguard",
        "check",
        "--against",
        "git",
        "--output",
        "text",
        "--output",
        "html=../page.html",
    ]
    status, shown = run_in_terminal(command, folder)
    assert status == 1, status
    return shown


def run_in_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    """(exit status, what a terminal shows)"""
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    surroundings = {
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
        "JSII_HOST_STACK_TRACES": "1",
        "PYTHONPATH": str(ROOT),
    }
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **surroundings, "PATH": path}, stdout=theirs
    ) as child:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
    os.close(ours)
    return child.returncode, shown.decode().replace("\r\n", "\n")


def read_terminal(number: int) -> bytes:
    """The next piece; nothing where the other side is closed."""
    try:
        return os.read(number, 65536)
    except OSError:
        return b""


def draw_terminal(name: str, text: str) -> None:
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(text.rstrip()))
        svg = console.export_svg(title="cdkguard", code_format=_FRAME, unique_id=name)
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def draw_page(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport=PAGE, device_scale_factor=SCALE, color_scheme="light")
        page.goto(address)
        page.screenshot(path=PICTURES / "page.png")
        browser.close()


def draw_demo() -> None:
    status, shown = run_in_terminal([sys.executable, "tools/demo.py"], ROOT)
    assert status == 0, shown
    draw_terminal("demo", f"$ make demo\n{shown}")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    draw_demo()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "orders"
        make_pull_request(folder)
        run_check(folder)  # It leaves the baseline's assembly in the cache.
        draw_terminal("terminal", f"$ cdkguard check --against git\n{run_check(folder)}")
        draw_page((Path(temporary) / "page.html").as_uri())
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
