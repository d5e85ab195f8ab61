-- Decides requests from the queue, one after the other, and takes them out of it. Decided is who waits: a request that
-- was delivered again, queued twice or withdrawn meanwhile keeps the answer that it has.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] answers (hash, request id -> 'waiting' | 'sold 2 alice' | 'sold-out' | 'limit-reached' | 'missing' | 'withdrawn')
-- KEYS[4] queue (stream: request, user, quantity)
-- ARGV[1] most units per user, '' = no limit   then for each: entry id, request id, user id, quantity (units)
-- Answers nothing.
local limit = tonumber(ARGV[1]) or math.huge
local function decide(user, quantity)
  local stock = redis.call('GET', KEYS[1])
  if not stock then
    return 'missing'
  end
  if tonumber(redis.call('HGET', KEYS[2], user) or '0') + tonumber(quantity) > limit then
    return 'limit-reached'
  end
  if tonumber(stock) < tonumber(quantity) then
    return 'sold-out'
  end
  redis.call('DECRBY', KEYS[1], quantity)
  redis.call('HINCRBY', KEYS[2], user, quantity)
  return 'sold ' .. quantity .. ' ' .. user
end
for i = 2, #ARGV, 4 do
  local id, request, user, quantity = unpack(ARGV, i, i + 3)
  if redis.call('HGET', KEYS[3], request) == 'waiting' then
    redis.call('HSET', KEYS[3], request, decide(user, quantity))
  end
  redis.call('XDEL', KEYS[4], id)
end
