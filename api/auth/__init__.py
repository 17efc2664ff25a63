"""Identity: accounts, sessions, tokens, sign-in, and the guard in front of every request."""
