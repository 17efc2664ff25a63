"""On-call: the duty roster, receivers and escalation policies as versioned documents."""
