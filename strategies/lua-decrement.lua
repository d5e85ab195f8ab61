-- Takes units if there are enough.
-- KEYS[1] stock (string, units)
-- ARGV[1] quantity (units)
-- Answers the units left after the sale, -1 when there are too few, -2 when there is no such product.
local stock = redis.call('GET', KEYS[1])
if not stock then
  return -2
end
if tonumber(stock) < tonumber(ARGV[1]) then
  return -1
end
return redis.call('DECRBY', KEYS[1], ARGV[1])
