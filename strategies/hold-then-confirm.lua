-- Takes units for a request, once: on hold until a moment, or for good. What is on hold is sold for good without taking
-- again. A hold that ran out was put back on sale; its request then takes anew, if there is enough.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units sold and on hold)
-- KEYS[3] ledger (hash, request id -> units and user id, as '2 alice')
-- KEYS[4] holds (hash, as the ledger)
-- KEYS[5] deadlines (sorted set, request id by the end of its hold in ms)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] quantity (units)   ARGV[4] most units per user, '' = no limit
-- ARGV[5] until when it is held (ms), '' = for good
-- Answers {'held', units left} | {'sold', units left} | {'sold-out'} | {'limit-reached'} | {'missing'}
local stock = redis.call('GET', KEYS[1])
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then
  return { 'sold', tonumber(stock or '0') }
end
local line = redis.call('HGET', KEYS[4], ARGV[1])
if not line then
  local quantity, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
  if not stock then
    return { 'missing' }
  end
  if limit and tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0') + quantity > limit then
    return { 'limit-reached' }
  end
  if tonumber(stock) < quantity then
    return { 'sold-out' }
  end
  line = ARGV[3] .. ' ' .. ARGV[2]
  stock = redis.call('DECRBY', KEYS[1], ARGV[3])
  redis.call('HINCRBY', KEYS[2], ARGV[2], ARGV[3])
end
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[1], line)
  redis.call('ZADD', KEYS[5], ARGV[5], ARGV[1])
  return { 'held', tonumber(stock or '0') }
end
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], line)
return { 'sold', tonumber(stock or '0') }
