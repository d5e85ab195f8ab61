-- Takes back what a request was sold, all in one step. The request is forgotten and may buy again, or it is
-- remembered as released, also where it has bought nothing yet: its purchase may still be on its way. A request that
-- holds nothing, because it never bought or was released before, gives nothing back.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] ledger (hash, request id -> units and user id, as '2 alice'; '-2 alice': released for good,
-- '-0 alice': before it bought)
-- KEYS[4] orders (stream: request, user, quantity; below zero: released)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] '' = it may buy again, else its user is compared,
-- and it stays released
-- Answers 'released' | 'nothing' | 'missing' | 'other-request': the request id is another user's
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 'missing'
end
local line = redis.call('HGET', KEYS[3], ARGV[1])
if not line then
  if ARGV[3] ~= '' then
    redis.call('HSET', KEYS[3], ARGV[1], '-0 ' .. ARGV[2])
  end
  return 'nothing'
end
local units, user = line:match('^(%-?%d+) (.*)$')
if ARGV[3] ~= '' and user ~= ARGV[2] then
  return 'other-request'
elseif units:sub(1, 1) == '-' then
  return 'nothing'
end
redis.call('XADD', KEYS[4], '0-*', 'request', ARGV[1], 'user', user, 'quantity', '-' .. units)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[3], ARGV[1])
else
  redis.call('HSET', KEYS[3], ARGV[1], '-' .. line)
end
if redis.call('HINCRBY', KEYS[2], user, '-' .. units) <= 0 then
  redis.call('HDEL', KEYS[2], user)
end
redis.call('INCRBY', KEYS[1], units)
return 'released'
