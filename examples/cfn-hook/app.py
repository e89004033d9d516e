"""The hook in one account and region; docs/cfn-hook.md says how it comes to all of them."""

import os

import aws_cdk as cdk

from cdkguard.cfnhook.construct import CdkguardHook

app = cdk.App()
stack = cdk.Stack(
    app,
    "CdkguardHookProd",
    env=cdk.Environment(account="111122223333", region="eu-west-1"),
    termination_protection=True,
)
CdkguardHook(
    stack,
    "Hook",
    package=os.environ.get("CDKGUARD_HOOK_PACKAGE", "hook.zip"),
    failure_mode=app.node.try_get_context("failureMode") or "WARN",
    break_glass_roles=["arn:aws:iam::111122223333:role/break-glass"],
)
app.synth()
