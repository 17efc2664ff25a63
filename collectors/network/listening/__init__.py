"""What every listener shares: bounded queue, rules, identification of senders."""
