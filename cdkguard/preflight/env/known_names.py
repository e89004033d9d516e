"""Variables that no `.env` file gives: those of the system, of Node and Python, of AWS, of CDK and of CI services."""

from __future__ import annotations

from fnmatch import fnmatchcase

# What sets them: https://nodejs.org/api/process.html#processenv,
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, https://docs.aws.amazon.com/cdk/v2/guide/environments.html,
# https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html, https://vite.dev/guide/env-and-mode
KNOWN = (
    # the system and its shells
    "HOME", "PATH", "PWD", "OLDPWD", "USER", "USERNAME", "LOGNAME", "SHELL", "SHLVL", "TERM", "TERM_*", "TMPDIR", "TEMP", "TMP", "LANG",
    "LANGUAGE", "LC_*", "TZ", "HOSTNAME", "EDITOR", "VISUAL", "TMUX*", "DO_NOT_TRACK", "PAGER", "DISPLAY", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR",
    "CLICOLOR*", "COLORTERM", "XDG_*", "SSH_*", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES*", "SYSTEMROOT", "COMSPEC", "OS", "WINDIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SOURCE_DATE_EPOCH",
    # runtimes and their tools
    "NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "npm_*", "INIT_CWD", "JEST_*", "VITEST*", "PLAYWRIGHT*", "CYPRESS_*", "TS_NODE_*", "NEXT_RUNTIME",
    "NEXT_PHASE", "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "PYTEST_*", "JAVA_HOME", "JAVA_TOOL_OPTIONS", "GOPATH", "GOROOT", "DOTNET_*",
    "MODE", "DEV", "PROD", "SSR", "BASE_URL",
    # AWS, CDK, containers
    "AWS_*", "_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_*", "CDK_*", "ECS_*", "CODEBUILD_*", "KUBERNETES_*", "SAM_*", "JSII_*", "CDKGUARD_*",
    "CONTEXT_OVERFLOW_LOCATION_ENV", "DOCKER_*", "BUILDX_*",
    # services for continuous integration
    "CI", "CI_*", "GITHUB_*", "RUNNER_*", "ACTIONS_*", "GITLAB_*", "BITBUCKET_*", "BUILDKITE*", "CIRCLE*", "TRAVIS*", "JENKINS_*", "TF_BUILD",
    "BUILD_*", "SYSTEM_*", "TEAMCITY_*", "DRONE*", "GIT_*", "VERCEL", "VERCEL_*", "NETLIFY", "RENDER", "RENDER_*",
)  # fmt: skip


def is_known(name: str) -> bool:
    """Whether the variable is one that something else than a `.env` file gives."""
    return any(fnmatchcase(name, glob) for glob in KNOWN)
