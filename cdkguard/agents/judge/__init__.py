"""What the actions of a line would do to what is deployed, and what is answered to the agent."""
