"""How AWS writes things: ARNs, accounts, addresses, policy documents."""
