"""`cdkguard agents install`: write the files by which the hosts of coding agents call the hook."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import OUTPUT
from cdkguard.cli.output import print_text
from cdkguard.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from cdkguard.agents.install.hosts import Host
    from cdkguard.agents.install.plan import Plan, Wanted
    from cdkguard.cli.parser import Parser
    from cdkguard.outputs.styled_lines import Line

ALL, DETECT = "all", "detect"


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group("hosts").add_argument
    add("hosts", nargs="*", metavar="HOST", help=f"a host, {ALL}, or {DETECT}: those that the repository plainly uses")
    add("--user", action="store_true", help="for every repository of yours: write below the home folder")
    add("--after-edit", action=argparse.BooleanOptionalAction, help="also hand new findings back when the agent stops")
    add("--mcp", action="store_true", help="also name the server `cdkguard mcp` where the host takes one")
    add(
        "--command",
        dest="command_line",
        metavar="TEXT",
        help='what starts cdkguard, such as "uv run cdkguard"; default: cdkguard',
    )

    write = parser.group(OUTPUT).add_argument
    write("--dry-run", action="store_true", help="show what would change, and write nothing")
    write("--yes", "-y", action="store_true", help="write without asking")
    write("--remove", action="store_true", help="take away what was added, and nothing else")
    write("--check", action="store_true", help="exit 1 where a file is missing or not current")


def run(options: argparse.Namespace) -> int:
    """Show the changes, ask, and write them."""
    from cdkguard.agents.install.plan import Wanted, plan_install, plan_removal

    wanted = Wanted(_root(options), (), options.user, options.command_line, options.after_edit, options.mcp)
    wanted = wanted._replace(hosts=_choose_hosts(options, wanted))
    plan = plan_removal(wanted) if options.remove else plan_install(wanted)
    if options.check:
        return _check(plan, wanted)

    _print(_lay_out(plan))
    if plan.changes and not options.dry_run:
        _confirm(options)
        _write(wanted, plan, options.remove)
    if not options.remove:
        _print_next_steps(wanted.hosts, options)
    return int(ExitCode.FINDINGS if plan.refusals else ExitCode.OK)


def _root(options: argparse.Namespace) -> str:
    from cdkguard.cli.settings import refuse_missing_folder
    from cdkguard.config.find import repository_root

    refuse_missing_folder()
    if not options.user:
        return repository_root(".")
    home = os.path.expanduser("~")
    if not os.path.isdir(home):
        raise ConfigError("--user: there is no home folder")
    return home


def _choose_hosts(options: argparse.Namespace, wanted: Wanted) -> tuple[Host, ...]:
    """The hosts that the command line names. Raises ConfigError."""
    from cdkguard.agents.install.detect import detect_hosts
    from cdkguard.agents.install.hosts import HOSTS
    from cdkguard.agents.install.plan import installed_hosts

    names = dict.fromkeys(name for word in options.hosts for name in word.split(",") if name)
    known = [host.name for host in HOSTS]
    for name in names:
        if name not in (*known, ALL, DETECT):
            from cdkguard.text.spelling import did_you_mean

            choices = (*known, ALL, DETECT)
            raise ConfigError(f"no host '{name}'{did_you_mean(name, choices)}; there are: {', '.join(choices)}")

    if not names:
        if not options.check and not options.remove:
            raise ConfigError(f"name a host: {', '.join(known)}, {ALL} or {DETECT}")
        found = installed_hosts(wanted.root, wanted.is_user)
        if not found:
            raise ConfigError(f"{wanted.root}: no file there calls `cdkguard agents hook`")
        return found
    chosen = set(known) if ALL in names else set(names)
    if DETECT in names:
        detected = detect_hosts(wanted.root, wanted.is_user)
        if not detected and chosen == {DETECT}:
            raise ConfigError(f"{wanted.root}: nothing there shows which host is used; name one: {', '.join(known)}")
        for host, sign in detected:
            print_text(f"{host.title}: {sign} is there")
        chosen |= {host.name for host, _sign in detected}
    return tuple(host for host in HOSTS if host.name in chosen)


def _check(plan: Plan, wanted: Wanted) -> int:
    """Say which files are missing or not current."""
    for change in plan.changes:
        print_text(f"{change.path}: {'missing' if change.before is None else 'not current'}")
    for refusal in plan.refusals:
        print_text(f"{refusal.path}: {refusal.why}")
    names = " ".join(host.name for host in wanted.hosts)
    if plan.changes or plan.refusals:
        print_text(f"cdkguard agents install {names}{' --user' if wanted.is_user else ''}    # writes them anew")
        return int(ExitCode.FINDINGS)
    print_text(f"{names}: {len(plan.current)} files are there and current")
    return int(ExitCode.OK)


def _lay_out(plan: Plan) -> list[Line]:
    from cdkguard.agents.install.show import lay_out_change, lay_out_refusal, summarize

    lines: list[Line] = []
    for change in plan.changes:
        lines += [*lay_out_change(change), []]
    for refusal in plan.refusals:
        lines += [*lay_out_refusal(refusal), []]
    return [*lines, [(summarize(plan), "heading")]]


def _print(lines: list[Line]) -> None:
    from cdkguard.cli.output import terminal_options
    from cdkguard.outputs.styled_lines import render_lines

    sys.stdout.write(render_lines(lines, terminal_options("text")))
    sys.stdout.flush()


def _confirm(options: argparse.Namespace) -> None:
    """Ask on a terminal. Raises ConfigError where the answer is no, or where nobody can be asked."""
    if options.yes:
        return
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("nothing was written, because nobody can be asked here: --yes writes, --dry-run shows only")
    try:
        answer = input("write this? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise ConfigError("nothing was written")


def _write(wanted: Wanted, plan: Plan, is_removal: bool) -> None:
    from cdkguard.agents.install.plan import carry_out

    carry_out(wanted.root, plan)
    print_text("removed" if is_removal else "written; commit the files" if not wanted.is_user else "written")


def _print_next_steps(hosts: Sequence[Host], options: argparse.Namespace) -> None:
    for host in hosts:
        if options.user and not host.user_pieces:
            print_text(f"{host.title}: no file below the home folder is known; install it in the repository")
            continue
        for step in host.next_steps:
            if not (options.user and "--user" in step):
                print_text(f"{host.title}: {step}")
    print_text("cdkguard doctor    # proves that each hook answers")
