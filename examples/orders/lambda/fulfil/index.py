"""Durable steps: each one's result is kept, so that an execution can wait for days and go on where it was."""

from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import Duration


@durable_step
def reserve(step_context, order):
    return {"order": order["id"], "reserved": True}


@durable_step
def ship(step_context, reservation):
    return {**reservation, "shipped": True}


@durable_execution
def handler(event, context: DurableContext):
    reservation = context.step(reserve(event))
    context.wait(Duration.from_hours(24))  # the customer may still cancel
    return context.step(ship(reservation))
