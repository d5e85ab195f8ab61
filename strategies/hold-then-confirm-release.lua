-- Takes back what a request was sold or has on hold, all in one step; the request is forgotten, and may buy again. A
-- request that holds nothing, because it never bought, was released before or ran out, gives nothing back.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units sold and on hold)
-- KEYS[3] ledger (hash, request id -> units and user id, as '2 alice')
-- KEYS[4] holds (hash, as the ledger)
-- KEYS[5] deadlines (sorted set, request id by the end of its hold in ms)
-- ARGV[1] request id
-- Answers 'released' | 'nothing' | 'missing'
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 'missing'
end
local line = redis.call('HGET', KEYS[3], ARGV[1]) or redis.call('HGET', KEYS[4], ARGV[1])
if not line then
  return 'nothing'
end
local units, user = line:match('^(%d+) (.*)$')
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
if redis.call('HINCRBY', KEYS[2], user, '-' .. units) <= 0 then
  redis.call('HDEL', KEYS[2], user)
end
redis.call('INCRBY', KEYS[1], units)
return 'released'
