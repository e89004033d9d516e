"""PATH for the app where uvx started cdkguard."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def path_of_app(environment: Mapping[str, str]) -> str | None:
    """PATH without cdkguard's own environment, which `uvx` puts first; None where PATH stays as it is.

    There the `python3` of `"app": "python3 app.py"` would be one without the app's packages. An environment that has the CDK's
    library is the app's as well (`uvx --with aws-cdk-lib`, `uv run --with cdkguard`), and so is one that is activated.
    https://docs.astral.sh/uv/concepts/tools/
    """
    first, _, rest = environment.get("PATH", "").partition(os.pathsep)
    is_ours = (
        os.path.dirname(first) == sys.prefix and "UV" in environment and environment.get("VIRTUAL_ENV") != sys.prefix
    )
    if not is_ours or not rest:
        return None
    from importlib.util import find_spec

    return None if find_spec("aws_cdk") else rest
