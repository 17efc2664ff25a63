"""OPC UA: sessions, monitored items, security, alarms and conditions."""
