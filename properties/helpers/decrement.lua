-- Takes units if there are enough.
-- KEYS[1] stock
-- ARGV[1] quantity
-- Answers what is left after the sale, -1 when there are too few.
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then
  return -1
end
return redis.call('DECRBY', KEYS[1], ARGV[1])
