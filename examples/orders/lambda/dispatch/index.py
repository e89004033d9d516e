"""Starts a durable execution for each order in the queue, and does not wait for it."""

import json
import os

import boto3

client = boto3.client("lambda")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        # The queue may deliver an order twice: the name makes it one execution.
        client.invoke(
            FunctionName=os.environ["FULFIL"],
            InvocationType="Event",
            DurableExecutionName=f"order-{order['id']}",
            Payload=json.dumps(order),
        )
