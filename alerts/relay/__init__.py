"""The border relay: takes signed messages from inside and hands them to services outside."""
