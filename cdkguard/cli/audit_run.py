"""`cdkguard audit run`: judge every stack that is deployed in many accounts and regions."""

from __future__ import annotations

import argparse

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli.options import FAIL_ON, JUDGED, OUTPUT, add_accepted, add_outputs, add_rule_options
from cdkguard.errors import ConfigError
from cdkguard.model import GATES

if TYPE_CHECKING:
    from cdkguard.audit.scope import AuditSettings
    from cdkguard.cli.parser import Parser

CREDENTIALS, WORK = "credentials", "how it works"  # Groups of the help.


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    many: dict[str, Any] = {"action": "append", "default": []}
    add = parser.group(JUDGED).add_argument
    add("--organization", action="store_true", help="all accounts of the organisation (AWS Organizations)")
    add("--accounts", **many, metavar="ID,ID", help="these accounts instead")
    add("--regions", **many, metavar="NAME,NAME", help="the regions of each account; default: that of the credentials")
    add("--without", **many, metavar="WHAT", help="leave out an account, a region, or ACCOUNT/REGION")

    add = parser.group(CREDENTIALS).add_argument
    add("--role", default="", metavar="NAME", help="the role to assume in each account: a name, or an ARN with ${AWS::AccountId}")  # fmt: skip
    add("--external-id", default="", metavar="ID", help="that the role asks for")
    add("--session-name", default="cdkguard-audit", metavar="NAME", help="by which CloudTrail shows the audit")
    add("--profile", metavar="NAME", help="the AWS profile that assumes the roles")

    add_rule_options(parser)
    add_accepted(parser, "accepted old findings, written by `cdkguard accept`")

    add = parser.group(WORK).add_argument
    add("--engine", choices=("local", "dask"), default="local", help="processes of this machine (local, the default), or a Dask cluster")  # fmt: skip
    add("--scheduler", default="", metavar="ADDRESS", help="of the Dask cluster: tls://HOST:8786")
    add("--jobs", type=_positive, metavar="N", help="processes of this machine; default: one for each core")
    add("--rate", type=_rate, default=5.0, metavar="N", help="calls a second to one account and region; default: 5")
    add("--cache", metavar="DIR", help="keep templates here, and read only those that were deployed since")
    add("--resume", action="store_true", help="go on with the audit in --out that was not finished")

    output = parser.group(OUTPUT).add_argument
    output("--out", metavar="DIR", help="where the result goes: a folder, or s3://BUCKET/PREFIX")
    output("--since", metavar="LAST", help="the last audit's --out, to say what is new and what is resolved")
    output("--gate", choices=GATES, metavar="WHICH", help="which findings count: all (default), or new: those that the last audit does not have")  # fmt: skip
    output(
        "--fail-on",
        choices=FAIL_ON,
        metavar="SEVERITY",
        help=f"exit 1 at or above it: {', '.join(FAIL_ON)}; default: high",
    )
    add_outputs(parser, "audit")


def _positive(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"a number of processes from 1 on, not '{text}'")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e6:  # False for nan, too.
        raise argparse.ArgumentTypeError(f"a number of calls above 0, not '{text}'")
    return rate


def run(options: argparse.Namespace) -> int:
    """Audit, write the outputs, and return the exit status: 3 where anything was not read, else 1 for findings."""
    from cdkguard.audit.results.store import open_store
    from cdkguard.audit.run import run_audit
    from cdkguard.cli.audit_output import KIND, refuse_unwritable, write_audit
    from cdkguard.cli.audit_progress import open_progress
    from cdkguard.cli.output import asked_outputs, write_error
    from cdkguard.system.interrupts import exit_on_termination

    outputs = asked_outputs(options, KIND)
    refuse_unwritable(outputs)
    settings = _read_settings(options)
    store = open_store(options.out)
    progress = open_progress(options.color)
    try:
        with exit_on_termination():
            audit = run_audit(settings, store, progress)
    except (KeyboardInterrupt, SystemExit):
        progress.end()
        write_error(f"cdkguard: the audit in {options.out} is not finished: --resume goes on with it")
        raise
    finally:
        progress.end()
        store.close()
    return write_audit(outputs, audit, options.color)


def _read_settings(options: argparse.Namespace) -> AuditSettings:
    from cdkguard.audit.key_ring import RoleSettings
    from cdkguard.audit.scope import AuditSettings
    from cdkguard.cli.settings import load_config, split_lists

    accounts = split_lists(options.accounts)
    if options.organization == bool(accounts):
        raise ConfigError("say which accounts: --organization for all of them, or --accounts ID,ID")
    if not options.out:
        raise ConfigError("say where the result goes: --out DIR, or --out s3://BUCKET/PREFIX")
    if (options.engine == "dask") != bool(options.scheduler):
        raise ConfigError("--engine dask and --scheduler ADDRESS go together")
    if options.gate == "new" and not options.since:
        raise ConfigError("--gate new counts what the last audit does not have: name it by --since")
    if options.lint:
        raise ConfigError("--lint: an audit runs cdkguard's own rules alone")
    config = load_config(options)
    return AuditSettings(
        config._replace(gate=options.gate or "all"),
        split_lists(options.regions) or _own_region(options.profile),
        accounts,
        split_lists(options.without),
        RoleSettings(options.role, options.external_id, options.session_name),
        options.engine,
        options.scheduler,
        options.jobs,
        options.rate,
        profile=options.profile,
        cache=options.cache,
        resume=options.resume,
        since=options.since,
    )


def _own_region(profile: str | None) -> tuple[str, ...]:
    """The region of the environment or the profile. Raises ConfigError where neither names one."""
    from cdkguard.audit.key_ring import open_session

    region = open_session(profile, None, 1).region
    if not region:
        raise ConfigError("say which regions: --regions NAME,NAME")
    return (region,)
