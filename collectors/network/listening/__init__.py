"""Parts that all listeners share: bounded queue, rules, identification of senders."""
