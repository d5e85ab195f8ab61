-- Sells units to a request at most once, within a limit per user, and records the order, all in one step. A request that
-- holds its units writes its answer once more, so that a WAIT after it waits until they are on the replicas, too: WAIT
-- waits for what its own connection wrote.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] answers (hash, request id -> units sold to it and user id, as '2 alice')
-- KEYS[4] orders (stream: request, user, quantity)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] quantity (units)   ARGV[4] most units per user, '' = no limit
-- Answers {'sold', units left} | {'sold-out'} | {'limit-reached'} | {'missing'}
local stock = tonumber(redis.call('GET', KEYS[1]) or '')
if not stock then
  return { 'missing' }
end
local answer = redis.call('HGET', KEYS[3], ARGV[1])
if answer then
  redis.call('HSET', KEYS[3], ARGV[1], answer)
  return { 'sold', stock }
end
local quantity = tonumber(ARGV[3])
local limit = tonumber(ARGV[4])
if limit and tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0') + quantity > limit then
  return { 'limit-reached' }
end
if stock < quantity then
  return { 'sold-out' }
end
-- 0-* numbers the entry by counting, not by the clock: an id is then the same on every replica and replay.
redis.call('XADD', KEYS[4], '0-*', 'request', ARGV[1], 'user', ARGV[2], 'quantity', ARGV[3])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
redis.call('HINCRBY', KEYS[2], ARGV[2], ARGV[3])
return { 'sold', redis.call('DECRBY', KEYS[1], ARGV[3]) }
