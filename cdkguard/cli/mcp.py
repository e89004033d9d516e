"""`cdkguard mcp`: the tools of cdkguard for an agent, by the Model Context Protocol on standard input and output."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import SYNTHESIS
from cdkguard.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser

INSTALL = "`cdkguard mcp` needs the package mcp: uv tool install 'cdkguard[mcp]', or pip install 'cdkguard[mcp]'"


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(SYNTHESIS).add_argument(
        "--allow-synth",
        action="store_true",
        help="let a client have apps run, as `cdk synth` does, and the tests and commands of `preflight`; without it a client's user is asked, or an existing cdk.out is read",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the client closes standard input. Raises ConfigError without the package mcp."""
    try:
        import mcp.server.mcpserver  # noqa: F401
    except ImportError as problem:
        raise ConfigError(INSTALL) from problem
    from cdkguard.servers.server import serve

    serve(allows_synth=options.allow_synth)
    return 0
