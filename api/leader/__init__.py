"""The leader's five questions, answered from the live picture and the journal."""
