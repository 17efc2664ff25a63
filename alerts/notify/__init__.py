"""Who is told what and when: notifications, escalation, batching, rate limits, sending."""
