"""Redis commands that one script carries out atomically, if the process still holds its role.

A script can check the lease before anything is written, and costs its sender less than MULTI: one answer instead of one
for each command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Words = Sequence[Any]
"""A command: its name, its key, and its arguments."""

FIELDS_AT_ONCE = 1000
"""Fields in one command; the script's stack takes 8,000 arguments."""

# KEYS[1] is the lease, ARGV[1] its required holder ("": no check); then each command after its length.
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
# KEYS and the first two ARGV as in TAKE, then the time (milliseconds) since which a standby must have been heard from.
# Returns the holder ("" for none) and the number of standbys.
RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {holder or '', redis.call('ZCOUNT', KEYS[2], ARGV[3], '+inf')}
"""
# KEYS and the first two ARGV as in TAKE, then the time since which a standby must have been heard from. The most recent
# standby gets the lease, so that a quicker restart of the releasing process does not take it back.
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
    """XADD; with `keep` about that many entries are retained."""
    bound: Words = ("MAXLEN", "~", keep) if keep else ()
    return ("XADD", stream, *bound, "*", *(part for pair in fields.items() for part in pair))


def script_arguments(lease: str, holder: str, commands: Iterable[Words]) -> tuple[list[str], list[Any]]:
    """KEYS and ARGV of WRITE."""
    keys: dict[str, None] = {lease: None}
    arguments: list[Any] = [holder]
    for command in commands:
        keys[command[1]] = None
        arguments += (len(command), *command)
    return list(keys), arguments
