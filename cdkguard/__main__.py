"""`python -m cdkguard`."""

import os
import sys

# Python has put the current folder first: nothing that lies in it is imported, unless it is where cdkguard itself lies.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != os.path.realpath(_HERE):
    del sys.path[0]

from cdkguard.cli import run  # noqa: E402

run()
