"""Who may do what, before and after: IAM, resource policies, security groups."""
