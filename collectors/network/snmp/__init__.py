"""SNMP v2c and v3: sessions, tables, profiles and rates."""
