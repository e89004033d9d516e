"""The prompt that a user picks to have one finding mended."""

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from cdkguard.servers.documents import shorten


def add_prompts(server: MCPServer) -> None:
    """Add the prompt to a server."""
    server.prompt(
        name="fix_finding",
        title="Fix a finding of cdkguard",
        description="Mend what one finding is about, in the app's code, and check that it is gone.",
    )(fix_finding)


def fix_finding(
    rule: Annotated[str, Field(description="the rule's id, such as data-retention")],
    construct: Annotated[str, Field(description="the construct path, such as Shop/Table")] = "",
    path: Annotated[str, Field(description="the app's folder")] = ".",
) -> str:
    """The steps, for a model."""
    where = f" on `{shorten(construct, 200)}`" if construct else ""
    app = shorten(path, 300)
    return (
        f"Mend the finding of the cdkguard rule `{shorten(rule, 100)}`{where} in the CDK app `{app}`.\n"
        f"1. Call explain_rule with that rule, and check_cdk_app with path `{app}`: read why it matters and the line it names.\n"
        "2. Change the construct that is at fault, in the app's own language, as the rule's fix says. Keep construct ids and "
        "logical IDs as they are: another id deletes what is deployed under the old one.\n"
        "3. Do not suppress, accept or approve the finding, and do not edit cdkguard.yaml, approvals or baselines: that is "
        "for the user to decide.\n"
        "4. Have the app synthesized anew, call check_cdk_app again, and plan_cdk_change: the finding must be gone, nothing "
        "new must be there, and no data may be destroyed or replaced.\n"
        "5. Show the user the difference and what the plan says. Do not deploy."
    )
