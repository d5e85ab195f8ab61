-- Ends a lease and begins another, each once however often it is asked.
-- KEYS[1] stock (string, units)
-- KEYS[2] leases (hash, lease id -> units taken for it)
-- ARGV[1] lease to end, '' = none   ARGV[2] units of it that were not sold
-- ARGV[3] lease to begin, '' = none   ARGV[4] most units to take for it
-- Answers the units taken for the new lease, -1 when there is no such product: then nothing was done.
local stock = redis.call('GET', KEYS[1])
if not stock then
  return -1
end
if redis.call('HDEL', KEYS[2], ARGV[1]) == 1 then
  stock = redis.call('INCRBY', KEYS[1], ARGV[2])
end
if ARGV[3] == '' then
  return 0
end
local known = redis.call('HGET', KEYS[2], ARGV[3])
if known then
  return tonumber(known)
end
local units = math.min(tonumber(stock), tonumber(ARGV[4]))
if units > 0 then
  redis.call('DECRBY', KEYS[1], string.format('%.0f', units))
  redis.call('HSET', KEYS[2], ARGV[3], string.format('%.0f', units))
end
return units
