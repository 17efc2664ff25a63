"""Incidents (突发事件): classes of events, grading tables and reporting policies, as data with their sources. Pure."""
