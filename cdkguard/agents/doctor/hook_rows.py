"""Each hook of each host: is it registered, switched on, current, and does it answer?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.agents.doctor.proofs import Answer, Proof, prove_command, prove_plugin
from cdkguard.agents.doctor.rows import AGENTS, Row
from cdkguard.agents.doctor.samples import DESTROYING
from cdkguard.agents.doctor.setup_rows import find_program
from cdkguard.agents.install import targets
from cdkguard.agents.install.calls import is_call, texts_in
from cdkguard.agents.install.detect import detect_hosts
from cdkguard.agents.install.hosts import Host
from cdkguard.agents.install.json_nodes import NotJson, read_nodes
from cdkguard.agents.install.plan import Wanted, hook_files, installed_hosts, plan_install
from cdkguard.errors import CdkguardError

LONGEST = 160  # characters of a reason that are shown


class Place(NamedTuple):
    """Where files are looked for."""

    root: str  # the repository, or the home folder
    is_user: bool
    work: str  # the repository, in which a host runs the hook
    sample: str  # the folder of the app that the sample command would destroy
    environment: Mapping[str, str]


def examine_hooks(places: tuple[Place, ...], tell: Callable[[str], None] = lambda _text: None) -> Iterator[Row]:
    """The rows of all hosts whose files call the hook, and of those that are used without it."""
    proofs: dict[tuple[str, str], Proof] = {}
    with_hook = set()
    for place in places:
        try:
            hosts = installed_hosts(place.root, place.is_user)
        except CdkguardError as problem:
            yield Row(AGENTS, "hooks", "broken", str(problem))
            continue
        for host in hosts:
            with_hook.add(host.name)
            tell(f"asking the hook of {host.title}")
            yield from _examine_host(host, place, proofs)
    yield from _examine_unguarded(places[0], with_hook)


def _examine_unguarded(place: Place, with_hook: set[str]) -> Iterator[Row]:
    for host, sign in detect_hosts(place.root):
        if host.name not in with_hook and host.name != "zed":
            text = f"{sign} is here, and nothing calls the hook"
            yield Row(AGENTS, host.title, "absent", text, f"cdkguard agents install {host.name}")
    if not with_hook:
        yield Row(AGENTS, "hooks", "absent", "no agent's host calls the hook", "cdkguard agents install detect")


def _examine_host(host: Host, place: Place, proofs: dict[tuple[str, str], Proof]) -> Iterator[Row]:
    """A row for each file of the host that calls the hook."""
    for path in hook_files(place.root, host, place.is_user):
        shown = f"~/{path}" if place.is_user else path
        text = targets.read(place.root, path, anywhere=True) or ""
        if path.endswith(".js"):
            yield _examine_plugin(host, place, path, shown)
            continue
        found = read_nodes(text).plain()
        off = _switched_off(found) or _switched_off_elsewhere(host, place)
        if off:
            yield Row(
                AGENTS, host.title, "broken", f"{shown}: switched off by {off}", f"take {off} out", {"host": host.name}
            )
            continue
        commands = _commands_of(found)
        if not commands:
            advice = f"cdkguard agents install {host.name}"
            yield Row(AGENTS, host.title, "broken", f"{shown}: the hook has no command", advice)
            continue
        if os.name != "posix":
            text = f"{shown}: calls the hook; whether it answers is tried on Linux and macOS only"
            yield Row(AGENTS, host.title, "unknown", text, "run the command by hand", {"host": host.name})
            continue
        for command in commands:
            key = (host.name, command)
            if key not in proofs:
                proofs[key] = prove_command(host.name, command, place.work, place.sample, place.environment)
            row = _row_of_proof(host, shown, command, proofs[key])
            yield row if row.state == "ok" else _row_in_this_shell(row, host, command, place)
    yield from _examine_files(host, place)


def _examine_files(host: Host, place: Place) -> Iterator[Row]:
    try:
        plan = plan_install(Wanted(place.root, (host,), place.is_user))
    except CdkguardError as problem:
        yield Row(AGENTS, f"{host.title} files", "unknown", str(problem), "look at them by hand")
        return
    wrong = [change.path for change in plan.changes] + [refusal.path for refusal in plan.refusals]
    if wrong:
        text = f"not as `cdkguard agents install` writes them: {', '.join(wrong)}"
        advice = f"cdkguard agents install {host.name}{' --user' if place.is_user else ''}"
        yield Row(AGENTS, f"{host.title} files", "broken", text, advice)


def _switched_off(found: Json) -> str:
    """The setting that keeps our hook from being called; empty where there is none."""
    if not isinstance(found, dict):
        return ""
    if found.get("disableAllHooks") is True:  # Claude Code
        return "disableAllHooks"
    settings = found.get("hooksConfig")  # Gemini CLI
    if isinstance(settings, dict) and settings.get("enabled") is False:
        return "hooksConfig.enabled"
    if isinstance(settings, dict) and "cdkguard" in (settings.get("disabled") or ()):
        return "hooksConfig.disabled"
    if isinstance(found.get("cdkguard"), dict) and found["cdkguard"].get("enabled") is False:  # Antigravity
        return "cdkguard.enabled"
    hooks = found.get("hooks")
    if isinstance(hooks, list) and any(is_call(hook) and hook.get("enabled") is False for hook in hooks):  # Kiro
        return "enabled: false"
    return ""


# Other settings of a host that switch its hooks off: below the repository, and below the home folder.
_OTHER_SETTINGS = {
    "claude": ((".claude/settings.local.json",), (".claude/settings.json",)),
    "gemini": ((), (".gemini/settings.json",)),
}


def _switched_off_elsewhere(host: Host, place: Place) -> str:
    """The setting of another file that keeps our hook from being called, with the file; empty where there is none."""
    ours, users = _OTHER_SETTINGS.get(host.name, ((), ()))
    home = os.path.expanduser("~")
    for root, path in (*((place.work, path) for path in ours), *((home, path) for path in users)):
        try:
            text = targets.read(root, path, anywhere=True)
            off = _switched_off(read_nodes(text).plain()) if text else ""
        except (CdkguardError, NotJson):
            continue
        if off:
            return f"{off} in {'~/' if root == home else ''}{path}"
    return ""


def _commands_of(found: Json) -> list[str]:
    """The commands that call the hook before a tool is run, each once; those at an agent's end have no fallback."""
    texts = [text for text in texts_in(found) if " agents hook" in text]
    first = [text for text in texts if "||" in text]
    return list(dict.fromkeys(first or texts[:1]))


def _row_of_proof(host: Host, shown: str, command: str, proof: Proof) -> Row:
    evidence = {
        "host": host.name,
        "file": shown,
        "command": command,
        **{name: answer._asdict() for name, answer in proof._asdict().items()},
    }
    harmless, destroying = proof
    if proof.holds:
        words = {"deny": "denied", "ask": "asked about"}[destroying.verdict]
        text = f"{shown}: `{DESTROYING}` of a sample table is {words} in {_time(destroying)}, `ls` passes in {_time(harmless)}"
        return Row(AGENTS, host.title, "ok", text, evidence=evidence)
    if harmless.verdict in ("deny", "ask"):
        text = f"{shown}: it refuses every command, `ls` too: {_short(harmless.reason)}"
        return Row(AGENTS, host.title, "broken", text, "install cdkguard where a login shell finds it", evidence)
    if destroying.verdict in ("silent", "allow"):
        text = f"{shown}: it lets `{DESTROYING}` of a production table pass"
        return Row(AGENTS, host.title, "broken", text, f"cdkguard agents install {host.name}", evidence)
    if destroying.verdict in ("deny", "ask") and harmless.verdict in ("silent", "allow"):
        text = f"{shown}: it stops a sample `cdk destroy`, and could not judge it: {_short(destroying.reason)}"
        return Row(AGENTS, host.title, "broken", text, "cdkguard agents explain 'cdk destroy'", evidence)
    wrong = destroying if destroying.verdict in ("failed", "late") else harmless
    return Row(AGENTS, host.title, "broken", f"{shown}: {_short(wrong.reason)}", "run the command by hand", evidence)


def _row_in_this_shell(row: Row, host: Host, command: str, place: Place) -> Row:
    """The row, or another where the hook answers with the PATH of this shell."""
    if not prove_command(host.name, command, place.work, place.sample, os.environ).holds:
        return row
    text = f"{row.text.partition(': ')[0]}: answers with the PATH of this shell, not with that of a login shell"
    advice = "uv tool install cdkguard, or name the program: cdkguard agents install --command /path/to/cdkguard"
    return row._replace(state="unknown", text=text, advice=advice)


def _examine_plugin(host: Host, place: Place, path: str, shown: str) -> Row:
    node = find_program("node", os.environ)
    if node is None:
        return Row(
            AGENTS, host.title, "unknown", f"{shown}: no Node here to run the plugin with", "install Node 22 or 24"
        )
    real = os.path.realpath(os.path.join(place.root, path))
    proof = prove_plugin(real, node, place.work, place.sample, place.environment)
    return _row_of_proof(host, shown, "the plugin, run by Node", proof)


def _time(answer: Answer) -> str:
    return f"{answer.seconds:.1f} s" if answer.seconds >= 0.1 else f"{answer.seconds * 1000:.0f} ms"


def _short(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
