"""The checklist before a deployment: each row done, failed or not known, with evidence."""
