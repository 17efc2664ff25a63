"""The duty log as it is shown: rows made of journal entries, with their sentences. Pure."""
