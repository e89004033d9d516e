"""One deployment of the service: its stacks, and what one hands to the next."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from orders.agents import AgentsStack
from orders.data import DataStack
from orders.network import NetworkStack
from orders.service import ServiceStack


class OrdersStage(cdk.Stage):
    """`protect` is for stages whose data must survive mistakes."""

    def __init__(self, scope: Construct, id: str, *, protect: bool, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        network = NetworkStack(self, "Network", termination_protection=protect)
        data = DataStack(self, "Data", network=network, protect=protect, termination_protection=protect)
        ServiceStack(self, "Service", network=network, data=data, protect=protect, termination_protection=protect)
        # DEFECT: the memory of the agents lives in a stack that one command deletes
        AgentsStack(self, "Agents", data=data)
