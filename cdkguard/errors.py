"""The errors that stop a run, and the exit status of each."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The process's exit status, the same for every output format."""

    OK = 0  # nothing at or above --fail-on
    FINDINGS = 1
    USAGE = 2  # usage, configuration or rule file
    INPUT = 3  # the app, a template or a baseline could not be read
    BUG = 4  # a defect of cdkguard itself


class CdkguardError(Exception):
    """An error that ends the run with one line on standard error; `exit_code` is the process's status."""

    exit_code = ExitCode.BUG
    program = "cdkguard"  # the name in front of that line
    shown = ""  # the part of the message that stands on standard error already

    @property
    def unshown(self) -> str:
        """The message without what standard error has shown already, which an error behind this one may have said."""
        text = str(self)
        problem: BaseException | None = self
        while isinstance(problem, CdkguardError):
            text = text.replace(problem.shown, "") if problem.shown else text
            problem = problem.__cause__
        return text


class ConfigError(CdkguardError):
    """Command line or cdkguard.yaml is wrong."""

    exit_code = ExitCode.USAGE


class UsageError(ConfigError):
    """The command line is wrong; `program` is the command as it was called: `cdkguard rules list`."""

    def __init__(self, message: str, program: str) -> None:
        super().__init__(message)
        self.program = program


class RulePackError(CdkguardError):
    """A rule file is wrong; the message starts with `file:line:`."""

    exit_code = ExitCode.USAGE


class InputError(CdkguardError):
    """The input could not be read, so that it was not judged."""

    exit_code = ExitCode.INPUT


class SynthError(InputError):
    """The CDK app did not synthesize; `shown` is the end of its output, where that was copied to standard error."""

    def __init__(self, message: str, shown: str = "") -> None:
        super().__init__(message)
        self.shown = shown


class TemplateError(InputError):
    """A template or manifest is not what CloudFormation or CDK writes."""


class NoTemplateError(TemplateError):
    """The file is clearly something else than a template: empty, no mapping, or without resources."""


class TooMuchError(InputError):
    """Of little input, more than can be judged or reported; stops the whole run, whichever part met it."""


class BaselineError(InputError):
    """The other side of a comparison could not be read."""


MACHINE = (OSError, MemoryError, RecursionError, ImportError)  # faults and limits of the machine: no defect of ours
TOO_DEEP = "a template refers or nests too deeply to be judged"  # where Python's stack ends before the input does


def stop_of(problem: BaseException) -> CdkguardError | None:
    """The error to end the run with: itself, or an InputError for a fault of the machine; None for a defect of ours."""
    match problem:
        case CdkguardError():
            return problem
        case RecursionError():
            return InputError(TOO_DEEP)
        case MemoryError():
            return InputError("there is not enough memory")
        case ImportError():
            return InputError(f"a part of the installation cannot be loaded: {problem}; install cdkguard again")
        case OSError():
            return InputError(describe_os_error(problem))
    return None


def describe_os_error(problem: OSError) -> str:
    """The reason of an OSError in one line, which names the file where there is one."""
    words = problem.strerror or str(problem) or type(problem).__name__
    return f"{problem.filename}: {words}" if problem.filename is not None else words
