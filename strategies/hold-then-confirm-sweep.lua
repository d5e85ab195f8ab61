-- Puts back on sale what is on hold for too long.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units sold and on hold)
-- KEYS[3] holds (hash, request id -> units and user id, as '2 alice')
-- KEYS[4] deadlines (sorted set, request id by the end of its hold in ms)
-- ARGV[1] now (ms)   ARGV[2] most holds to look at
-- Answers how many holds ran out.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local ended = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, request in ipairs(ended) do
  local units, user = string.match(redis.call('HGET', KEYS[3], request) or '', '^(%d+) (.*)$')
  if units then
    redis.call('INCRBY', KEYS[1], units)
    redis.call('HDEL', KEYS[3], request)
    if redis.call('HINCRBY', KEYS[2], user, '-' .. units) <= 0 then
      redis.call('HDEL', KEYS[2], user)
    end
  end
  redis.call('ZREM', KEYS[4], request)
end
return #ended
