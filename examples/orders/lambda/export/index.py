"""Copies the invoices of a month to the partners' bucket."""

import os

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    copied = 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=os.environ["INVOICES"], Prefix=f"{event['month']}/")
    for page in pages:
        for item in page.get("Contents", []):
            source = {"Bucket": os.environ["INVOICES"], "Key": item["Key"]}
            s3.copy_object(Bucket=os.environ["EXPORTS"], Key=item["Key"], CopySource=source)
            copied += 1
    return {"copied": copied}
