"""Plans (预案) as data: their format with findings, triggers, differences, effects and rehearsal. Pure."""
