"""MQTT 3.1.1 and 5.0: packets, a shared connection per broker, subscriptions."""
