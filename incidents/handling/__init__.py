"""Incidents (突发事件): phases, grades, response, casualties, posts and merging, and their domain."""
