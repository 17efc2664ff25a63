"""Redis' commands that one script carries out, all or none, if the role is still this process's.

A script can look at the lease before anything is written, and costs its sender less than MULTI: one answer
instead of one a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Words = Sequence[Any]
"""A command: its name, its key, and what follows."""

FIELDS_AT_ONCE = 1000
"""Fields in one command: the script's stack takes 8,000 words."""

# KEYS[1] is the lease, ARGV[1] who must hold it ("": nobody is asked); then each command after its length.
WRITE = """
if ARGV[1] ~= '' then
  local holder = redis.call('GET', KEYS[1])
  if not holder then return redis.error_reply('LAPSED the lease ran out') end
  if holder ~= ARGV[1] then return redis.error_reply('FENCED another copy holds the role') end
end
local first, at = false, 2
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  local answer = redis.call(unpack(ARGV, at + 1, last))
  first = first or answer
  at = last + 1
end
return first
"""
# KEYS: the lease, and who stands by. ARGV: who asks, for how many milliseconds, whom he knows to be gone ("" nobody),
# the time in milliseconds. A lease that would last longer than its term (the server's clock was set back) is shortened.
TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return holder
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
return ''
"""
# The same keys and first two, then since when (milliseconds) one must have been heard of; answers who holds it, "" when
# nobody does, and how many stand by.
RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {holder or '', redis.call('ZCOUNT', KEYS[2], ARGV[3], '+inf')}
"""
# The same keys and first two, then since when one must have been heard of: who was heard last has it from now on, so
# that a supervisor's next copy of the giver, which may be quicker, does not take it back.
GIVE_BACK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '' end
local next = redis.call('ZREVRANGEBYSCORE', KEYS[2], '+inf', ARGV[3], 'LIMIT', 0, 1)[1]
if next then redis.call('SET', KEYS[1], next, 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
return next or ''
"""


def setting(key: str, fields: Mapping[Any, Any]) -> Iterator[Words]:
    """HSET of any number of fields."""
    flat = [part for pair in fields.items() for part in pair]
    for start in range(0, len(flat), 2 * FIELDS_AT_ONCE):
        yield ("HSET", key, *flat[start : start + 2 * FIELDS_AT_ONCE])


def removing(key: str, names: Sequence[str]) -> Iterator[Words]:
    """HDEL of any number of fields."""
    for start in range(0, len(names), FIELDS_AT_ONCE):
        yield ("HDEL", key, *names[start : start + FIELDS_AT_ONCE])


def adding(stream: str, fields: Mapping[str, Any], *, keep: int = 0) -> Words:
    """XADD; with `keep` about so many entries stay."""
    bound: Words = ("MAXLEN", "~", keep) if keep else ()
    return ("XADD", stream, *bound, "*", *(part for pair in fields.items() for part in pair))


def script_arguments(lease: str, holder: str, commands: Iterable[Words]) -> tuple[list[str], list[Any]]:
    """KEYS and ARGV of WRITE."""
    keys: dict[str, None] = {lease: None}
    arguments: list[Any] = [holder]
    for words in commands:
        keys[words[1]] = None
        arguments += (len(words), *words)
    return list(keys), arguments
