"""SNMP traps and informs: listener, reader, SNMPv3 engine."""
