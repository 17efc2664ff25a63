"""Cards (黄牌, 红牌) and supervision orders (督办单): their rules, their lives, and what is kept of them."""
