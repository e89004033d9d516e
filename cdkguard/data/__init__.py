"""Tables of facts about AWS, peers and frameworks, with their loader."""
