-- Sells units to a request at most once, within a limit per user, and records the order, all in one step.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] answers (hash, request id -> units sold to it and user id, as '2 alice'; '-2 alice': released for good,
-- '-0 alice': before it bought)
-- KEYS[4] orders (stream: request, user, quantity)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] quantity (units)   ARGV[4] most units per user, '' = no limit
-- ARGV[5] '' = a request id tells who asks, else it is compared with its user and quantity
-- Answers {'sold', units left} | {'sold', units left, 'again'} | {'sold-out'} | {'limit-reached'} | {'missing'}
--   | {'given-back'} | {'other-request'}: the request id is that of another user or quantity
local stock = tonumber(redis.call('GET', KEYS[1]) or '')
if not stock then
  return { 'missing' }
end
local line = ARGV[3] .. ' ' .. ARGV[2]
local answer = redis.call('HGET', KEYS[3], ARGV[1])
if answer == line or (answer and ARGV[5] == '') then
  return { 'sold', stock, 'again' }
elseif answer then
  local released = answer == '-' .. line or answer == '-0 ' .. ARGV[2]
  return { released and 'given-back' or 'other-request' }
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
redis.call('HSET', KEYS[3], ARGV[1], line)
redis.call('HINCRBY', KEYS[2], ARGV[2], ARGV[3])
return { 'sold', redis.call('DECRBY', KEYS[1], ARGV[3]) }
