#!lua name=oversell_decrement_v1
-- oversell_decrement_v1: takes units if there are enough.
-- keys[1] stock (string, units)
-- args[1] quantity (units)
-- Answers the units left after the sale, -1 when there are too few, -2 when there is no such product.
redis.register_function('oversell_decrement_v1', function(keys, args)
  local stock = redis.call('GET', keys[1])
  if not stock then
    return -2
  end
  if tonumber(stock) < tonumber(args[1]) then
    return -1
  end
  return redis.call('DECRBY', keys[1], args[1])
end)

-- oversell_increment_v1: puts units on sale, new ones or such as somebody gave back.
-- keys[1] stock (string, units)
-- args[1] quantity (units)
-- Answers the units left, -2 when there is no such product.
redis.register_function('oversell_increment_v1', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    return -2
  end
  return redis.call('INCRBY', keys[1], args[1])
end)
