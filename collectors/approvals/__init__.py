"""Approval systems: rows over REST, SOAP, SQL and files, mapped to facts about cases."""
