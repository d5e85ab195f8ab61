-- Ends an instance's lease and begins its next one, once however often and however late it is asked.
-- KEYS[1] stock (string, units)
-- KEYS[2] leases (hash, instance -> number of its last lease and units taken for it, as '3 64'; 'instances' -> how many)
-- ARGV[1] instance   ARGV[2] number of the lease to begin: 1, 2, …   ARGV[3] units of the one before that were not sold
-- ARGV[4] most units to take, 0 = none
-- Answers the units taken for the lease, -1 when there is no such product: then nothing was done.
local stock = tonumber(redis.call('GET', KEYS[1]) or '')
if not stock then
  return -1
end
local begins = tonumber(ARGV[2])
local last, taken = (redis.call('HGET', KEYS[2], ARGV[1]) or ''):match('^(%d+) (%d+)$')
if last and tonumber(last) >= begins then
  return tonumber(taken)
end
local back = (last and tonumber(last) == begins - 1) and tonumber(ARGV[3]) or 0
local units = math.min(stock + back, tonumber(ARGV[4]))
redis.call('INCRBY', KEYS[1], string.format('%.0f', back - units))
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f %.0f', begins, units))
return units
