"""`[[source]]` feeds: those that are polled and those that listen."""
