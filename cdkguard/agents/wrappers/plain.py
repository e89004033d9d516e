"""What a plain wrapper runs: its options are skipped, the rest is the command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.agents.wrappers.nouns import Inside, Launch


def find_inside(launch: Launch, words: Sequence[str]) -> Iterator[Inside]:
    """What the wrapper, with its own name as the first word, would run."""
    valued = set(f"{launch.valued} {launch.text_options}".split())
    texts, folders, profiles = launch.text_options.split(), launch.folder.split(), launch.profile.split()
    rest = list(words[1:])
    variables: dict[str, str] = {}
    folder = ""
    verbs = launch.verbs.split()
    at, skipped, is_verb_read, is_behind = 0, launch.skipped + (launch.profile == "0"), not verbs, False
    while at < len(rest):
        word = rest[at]
        if word == "--":
            at, is_behind, skipped = at + 1, True, 0
            break
        if word[:1] == "-" and word != "-":
            name, has_value, value = word.partition("=")
            if name in valued or (word[:2] in valued and word[:2] != "--" and len(word) > 2):
                if name not in valued:
                    name, has_value, value = word[:2], "=", word[2:]
                elif not has_value:
                    at += 1
                    value = rest[at] if at < len(rest) else ""
                if name in texts:
                    yield Inside(text=value, variables=variables, directory=folder, arguments=tuple(rest[at + 1 :]))
                if name in folders:
                    folder = value
                if name in profiles:
                    variables["AWS_PROFILE"] = value
        elif not is_verb_read:
            if word not in verbs:
                return
            is_verb_read = True
        elif launch.takes_variables and "=" in word and word.partition("=")[0].isidentifier():
            variables[word.partition("=")[0]] = word.partition("=")[2]
        elif launch.needs_dashes:
            pass
        elif skipped:
            if launch.profile == "0" and "AWS_PROFILE" not in variables:
                variables["AWS_PROFILE"] = word
            skipped -= 1
        else:
            break
        at += 1
    if launch.takes_variables:
        while at < len(rest) and rest[at].partition("=")[0].isidentifier() and "=" in rest[at]:
            name, _, variables[name] = rest[at].partition("=")
            at += 1
    command = tuple(rest[at:])
    if not command or not is_verb_read or (launch.needs_dashes and not is_behind):
        return
    if launch.is_text:
        yield Inside(text=" ".join(command), variables=variables, directory=folder)
    if not launch.is_text or len(command) > 1:
        yield Inside(command, variables=variables, directory=folder)
