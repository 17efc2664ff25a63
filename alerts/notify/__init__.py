"""Notification: messages to receivers, escalation, batching, rate limits and sending."""
