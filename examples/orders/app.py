"""Orders: the same stacks, deployed to a staging and to a production account."""

import aws_cdk as cdk
from orders.stage import OrdersStage

app = cdk.App()
OrdersStage(app, "staging", protect=False, env=cdk.Environment(account="222222222222", region="eu-west-1"))
OrdersStage(app, "prod", protect=True, env=cdk.Environment(account="333333333333", region="eu-west-1"))
app.synth()
