"""GB/T 28181: the SIP platform that devices register with, their keepalives, catalogs, alarms and subscriptions."""
