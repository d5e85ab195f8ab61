#!lua name=oversell_reserve_v1

-- oversell_reserve_v1: sells units to a request at most once, within a limit per user, and records the order.
-- keys[1] stock (string, units)
-- keys[2] holdings (hash, user id -> units held)
-- keys[3] answers (hash, request id -> units sold to it and user id, as '2 alice')
-- keys[4] orders (stream: request, user, quantity)
-- args[1] request id   args[2] user id   args[3] quantity (units)   args[4] most units per user, '' = no limit
-- Answers {'sold', units left} | {'sold-out'} | {'limit-reached'} | {'missing'}
redis.register_function('oversell_reserve_v1', function(keys, args)
  local stock = tonumber(redis.call('GET', keys[1]) or '')
  if not stock then
    return { 'missing' }
  end
  if redis.call('HEXISTS', keys[3], args[1]) == 1 then
    return { 'sold', stock }
  end
  local quantity = tonumber(args[3])
  local limit = tonumber(args[4])
  if limit and tonumber(redis.call('HGET', keys[2], args[2]) or '0') + quantity > limit then
    return { 'limit-reached' }
  end
  if stock < quantity then
    return { 'sold-out' }
  end
  redis.call('XADD', keys[4], '0-*', 'request', args[1], 'user', args[2], 'quantity', args[3])
  redis.call('HSET', keys[3], args[1], args[3] .. ' ' .. args[2])
  redis.call('HINCRBY', keys[2], args[2], args[3])
  return { 'sold', redis.call('DECRBY', keys[1], args[3]) }
end)

-- oversell_release_v1: takes back what a request was sold; it is forgotten, and may buy again. A request that holds
-- nothing gives nothing back.
-- keys as above   args[1] request id
-- Answers 'released' | 'nothing' | 'missing'
redis.register_function('oversell_release_v1', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    return 'missing'
  end
  local answer = redis.call('HGET', keys[3], args[1])
  if not answer then
    return 'nothing'
  end
  local units, user = answer:match('^(%d+) (.*)$')
  redis.call('XADD', keys[4], '0-*', 'request', args[1], 'user', user, 'quantity', '-' .. units)
  redis.call('HDEL', keys[3], args[1])
  if redis.call('HINCRBY', keys[2], user, '-' .. units) <= 0 then
    redis.call('HDEL', keys[2], user)
  end
  redis.call('INCRBY', keys[1], units)
  return 'released'
end)

-- oversell_restock_v1: puts units on sale.
-- keys[1] stock   args[1] quantity (units)
-- Answers the units left, nil when there is no such product.
redis.register_function('oversell_restock_v1', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    return false
  end
  return redis.call('INCRBY', keys[1], args[1])
end)
