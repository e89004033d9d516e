"""Coverage-guided fuzzing with atheris: `python fuzz/run.py --seconds 600 [TARGET ...]`, or one target on one input.

Each target runs in a process of its own for its share of the time. Inputs that found something new stay in --work; an
input that broke a law is written there as crash-*, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
# The promise is 5 s and 500 MB for 1 MB; these inputs are a hundredth of it, and instrumented code is slower.
LIMITS = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384", "-print_final_stats=1", "-verbosity=1"]

MOST_FAILURES = 25  # of one target, after which it is given up


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="in all, over the targets")
    parser.add_argument(
        "--work", default=os.path.join(os.path.expanduser("~"), ".cache", "cdkguard-fuzz"), metavar="DIR"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)  # the child: a single target
    parser.add_argument("--input", metavar="FILE", help="run a target on this file alone")
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    if options.one:
        return _fuzz(options.one, options.seconds, Path(options.work))
    sys.path.insert(0, str(HERE))
    from targets import TARGETS

    names = options.targets or list(TARGETS)
    if options.input:
        TARGETS[names[0]](Path(options.input).read_bytes())
        return 0
    return max([_child(name, max(1, options.seconds // len(names)), Path(options.work)) for name in names])


def _child(name: str, seconds: int, work: Path) -> int:
    """Fuzzes one target for its time; where an input breaks a law, the rest of the time begins anew after it."""
    for folder in (work / name, work / "crashes"):
        folder.mkdir(parents=True, exist_ok=True)
    end, runs, failed, text = time.monotonic() + seconds, 0, 0, ""
    while failed < MOST_FAILURES and (left := int(end - time.monotonic())) > 0:
        command = [sys.executable, __file__, "--one", name, "--seconds", str(left), "--work", str(work)]
        # Reports do not hang on the order of sets, and so the coverage of an input must not either.
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True)
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        runs += int((re.findall(r"stat::number_of_executed_units: (\d+)", text) or ["0"])[-1])
        if done.returncode:
            failed += 1
            (work / f"{name}-{failed}.log").write_text(text, encoding="utf-8")
            print("\n".join(text.splitlines()[-40:]), flush=True)
    cov = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", text) or [("?", "?")]
    words = f"{runs} runs, {cov[-1][0]} edges, {cov[-1][1]} inputs kept"
    print(f"{name}: {words}" + (f"; {failed} FAILED, see {work}" if failed else ""), flush=True)
    return 1 if failed else 0


def _fuzz(name: str, seconds: int, work: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=["cdkguard"]):
        sys.path.insert(0, str(HERE))
        import targets
        from mutate import mutated

        from cdkguard.outputs.render import FORMATS

        for renderer in {name for record in FORMATS for name in record[1:] if isinstance(name, str) and name}:
            __import__(f"cdkguard.outputs.{renderer.rpartition('.')[0]}")
        import cdkguard.aws.arns
        import cdkguard.text.credentials  # noqa: F401

    def custom(data: bytes, size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return bytes(atheris.Mutate(data, size))
        text = json.dumps(mutated(value, chance, lambda raw: bytes(atheris.Mutate(raw, len(raw) + 8))))
        return text.encode()[:size]

    as_json = name in targets.AS_JSON
    arguments = [*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={work / 'crashes'}/{name}-"]
    atheris.Setup(
        [sys.argv[0], *arguments, str(work / name), str(CORPUS / name)],
        targets.TARGETS[name],
        custom_mutator=custom if as_json else None,
    )
    targets.loaded()
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
