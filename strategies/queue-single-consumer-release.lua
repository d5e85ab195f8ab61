-- Takes back what a request was sold, all in one step; the request is forgotten, and may buy again. A request that
-- holds nothing, because it never bought or was released before, gives nothing back.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] answers (hash, request id -> answer; 'sold 2 alice' if it holds units)
-- ARGV[1] request id
-- Answers 'released' | 'nothing' | 'missing'
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 'missing'
end
local units, user = (redis.call('HGET', KEYS[3], ARGV[1]) or ''):match('^sold (%d+) (.*)$')
if not units then
  return 'nothing'
end
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('HINCRBY', KEYS[2], user, '-' .. units) <= 0 then
  redis.call('HDEL', KEYS[2], user)
end
redis.call('INCRBY', KEYS[1], units)
return 'released'
