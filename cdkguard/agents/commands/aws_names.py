"""The names of services and operations, as the AWS CLI writes them."""

from __future__ import annotations

# Where the CLI has another name than the SDK.
SERVICES = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy"}


def to_cli_name(name: str) -> str:
    """`DeleteDBInstance`, `delete_db_instance`, `deleteTable` -> as the CLI writes it."""
    text = name.strip().replace("_", "-").replace(" ", "-")
    made = ""
    for at, char in enumerate(text):
        is_start = char.isupper() and at and text[at - 1] != "-"
        if is_start and (not text[at - 1].isupper() or text[at + 1 : at + 2].islower()):
            made += "-"
        made += char.lower()
    return made
