"""Tasks (任务), supervision orders (督办) and leaders' instructions (领导批示): one life, its clocks, their domain."""
