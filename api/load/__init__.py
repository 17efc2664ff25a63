"""How much alerts ask of people: rate, flood, stale, chattering, priorities, who takes how long.

Sources: EEMUA 191 and ISA-18.2-2016 clause 16 (the figures and their targets), docs/alerts.md "Figures".
"""
