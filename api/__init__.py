"""REST, the live WebSocket, sign-in and permissions, what other tools send in."""
