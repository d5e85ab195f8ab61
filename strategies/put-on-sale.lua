-- Puts units on sale, new ones or such as somebody gave back. INCRBY alone would create a product that is gone.
-- KEYS[1] stock (string, units)
-- ARGV[1] quantity (units)
-- Answers the units left, nil when there is no such product.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end
return redis.call('INCRBY', KEYS[1], ARGV[1])
