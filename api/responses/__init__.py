"""Types of the answers, for OpenAPI only: routes encode plain objects, and tests hold them to these types."""
