"""The policy: from what a deployment would do, and where, to silence, a question or a refusal."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.agents.judge.flags import deploys_later_edits, describe_flags, need_a_person
from cdkguard.agents.judge.losses import Folders, Losses, describe_losses, ways_out
from cdkguard.agents.judge.reason import name_all, quote
from cdkguard.agents.judge.signs import Sign
from cdkguard.agents.judge.verdict import SILENT, Verdict
from cdkguard.agents.nouns import Action
from cdkguard.config.settings import AgentSettings


class Plan(NamedTuple):
    """What is known of a deployment: where it goes, and what it would do there."""

    environments: tuple[str, ...] = ()  # of the stacks; empty where nobody can tell
    strict: frozenset[str] = frozenset({"prod"})  # the environments that are judged as production
    sign: Sign | None = None  # what variables, profile and context say, the strictest of it
    baseline: str = ""  # "deployed", "git", "saved", or ""
    losses: Losses | None = None  # None where it could not be judged
    problem: str = ""  # why it could not, with what is foreign in quotes
    folders: Folders = Folders("", "")
    against: str = ""  # the baseline in words
    counts: str = ""  # what changes, in numbers

    @property
    def severe(self) -> tuple[str, ...]:
        """The strict environments that it reaches."""
        return tuple(name for name in self.environments if name in self.strict)

    @property
    def says_production(self) -> bool:
        """Whether a variable, the profile or the context says production where the stacks do not."""
        return not self.severe and self.sign is not None and self.sign.environment in self.strict


def decide_deployment(action: Action, plan: Plan, settings: AgentSettings) -> Verdict:
    """What an agent is answered that wants to deploy."""
    where = _where(plan)
    verdict = _decide(action, plan, settings, where)
    if verdict.answer == "silent":
        return verdict
    seen = (*verdict.facts, *describe_flags(action))
    tokens = plan.losses.tokens() if plan.losses else ()
    return verdict._replace(facts=seen, environment=_named(plan), tokens=tokens, evidence=_evidence(plan))


def _decide(action: Action, plan: Plan, settings: AgentSettings, where: str) -> Verdict:
    name, losses = _command(action), plan.losses
    refused = [e for e in plan.severe if not settings.may_deploy(e, plan.strict)]
    is_severe = bool(plan.severe) or plan.says_production
    facts = describe_losses(losses, plan.folders) if losses else ()
    ways = ways_out(losses) if losses else ()
    human = (f"A person runs {quote(_line(action), 160)}, having looked at `cdkguard plan`.",)
    if losses and losses.is_destructive and is_severe:
        return Verdict("deny", f"{name} would {_deed(losses)} in {where}{_why(plan)}.", facts, (*ways, *human))
    is_barred = plan.says_production and not settings.may_deploy(str(plan.sign and plan.sign.environment), plan.strict)
    if refused or is_barred:
        text = f"{name} goes to {where}{_why(plan)}, and an agent does not deploy there (`agents: deploy` of cdkguard.yaml)."
        return Verdict("deny", text, (*_unjudged(plan), *facts), (*ways, *human))
    if outside := [e for e in plan.environments if not settings.may_deploy(e, plan.strict)]:
        text = (
            f"{name} goes to {name_all(outside)}, where an agent does not deploy (`agents: deploy` of cdkguard.yaml)."
        )
        return Verdict("deny", text, (*_unjudged(plan), *facts), (*ways, *human))
    if losses is None:
        return Verdict("ask", f"{name} could not be judged: {plan.problem}.", (), _ways_to_judge(plan))
    if not losses.is_clean:
        return Verdict("ask", f"{name} would {_deed(losses)} in {where}.", facts, ways)
    if deploys_later_edits(action.flags, action.verb):
        return Verdict(
            "ask",
            f"{name} deploys what nobody has judged yet.",
            (),
            (f"Deploy once instead, without {quote('watch')}.",),
        )
    if plan.severe and plan.baseline != "deployed":
        text = f"{name} goes to {where}, and {plan.against or 'the baseline'} does not say what is deployed there."
        return Verdict(
            "ask", text, (), ("A person sets `against: deployed` in cdkguard.yaml on the main branch.", *human)
        )
    if plan.severe and need_a_person(action.flags):
        return Verdict("ask", f"{name} goes past a safety net in {where}.", (), human)
    return SILENT._replace(environment=_named(plan), evidence=_evidence(plan))


def _deed(losses: Losses) -> str:
    """The worst that it would do, in a few words."""
    if losses.data:
        return "take away data"
    if losses.protection:
        return "weaken what protects data"
    return "widen access" if losses.access else "deploy what fails the check"


def _named(plan: Plan) -> str:
    return ", ".join(plan.severe or plan.environments)


def _where(plan: Plan) -> str:
    return name_all(plan.severe or plan.environments) if plan.environments else "an environment that nobody can tell"


def _why(plan: Plan) -> str:
    return (
        f", and {_say(plan.sign)} says {name_all([plan.sign.environment])}"
        if plan.says_production and plan.sign
        else ""
    )


def _command(action: Action) -> str:
    words = " ".join(part for part in (action.tool, action.verb) if part)
    return quote(words, 60)


def _line(action: Action) -> str:
    return " ".join(action.words) or f"{action.tool} {action.verb} {' '.join(action.stacks)}"


def _say(sign: Sign | None) -> str:
    return quote(f"{sign.source}={sign.value}") if sign else ""


def _unjudged(plan: Plan) -> tuple[str, ...]:
    return (f"What it would do could not be judged: {plan.problem}.",) if plan.losses is None else ()


def _ways_to_judge(plan: Plan) -> tuple[str, ...]:
    if not plan.baseline:
        return ("A person sets `against: deployed` (or git) in cdkguard.yaml on the main branch.",)
    return ("Mend what stopped the judgement, then ask once more.", "A person runs `cdkguard plan`, then the command.")


def _evidence(plan: Plan) -> Mapping[str, Json]:
    return {
        "environments": list(plan.environments),
        "strict": list(plan.severe),
        "sign": _say(plan.sign),
        "against": plan.against,
        "problem": plan.problem,
        "tokens": list(plan.losses.tokens()) if plan.losses else [],
    }
