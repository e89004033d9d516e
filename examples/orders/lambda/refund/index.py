"""A refund waits until the goods are back, and is then paid out."""

from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration


@durable_step
def announce(step_context, refund):
    return {"order": refund["order"], "amount": refund["amount"], "announced": True}


@durable_step
def pay(step_context, refund):
    return {**refund, "paid": True}


@durable_execution
def handler(event, context: DurableContext):
    refund = context.step(announce(event))
    context.wait(Duration.from_days(14))  # the time that a customer has for sending the goods back
    return context.step(pay(refund))
