#!lua name=oversell_reserve_v3

-- oversell_reserve_v3: sells units to a request at most once, within a limit per user, and records the order.
-- keys[1] stock (string, units)
-- keys[2] holdings (hash, user id -> units held)
-- keys[3] answers (hash, request id -> units sold to it and user id, as '2 alice'; '-2 alice': released for good,
-- '-0 alice': before it bought)
-- keys[4] orders (stream: request, user, quantity)
-- args[1] request id   args[2] user id   args[3] quantity (units)   args[4] most units per user, '' = no limit
-- args[5] '' = a request id tells who asks, else it is compared with its user and quantity
-- Answers {'sold', units left} | {'sold', units left, 'again'} | {'sold-out'} | {'limit-reached'} | {'missing'}
--   | {'given-back'} | {'other-request'}: the request id is that of another user or quantity
redis.register_function('oversell_reserve_v3', function(keys, args)
  local stock = tonumber(redis.call('GET', keys[1]) or '')
  if not stock then
    return { 'missing' }
  end
  local line = args[3] .. ' ' .. args[2]
  local answer = redis.call('HGET', keys[3], args[1])
  if answer == line or (answer and args[5] == '') then
    return { 'sold', stock, 'again' }
  elseif answer then
    local released = answer == '-' .. line or answer == '-0 ' .. args[2]
    return { released and 'given-back' or 'other-request' }
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
  redis.call('HSET', keys[3], args[1], line)
  redis.call('HINCRBY', keys[2], args[2], args[3])
  return { 'sold', redis.call('DECRBY', keys[1], args[3]) }
end)

-- oversell_release_v3: takes back what a request was sold; it is forgotten and may buy again, or it is remembered as
-- released, also where it has bought nothing yet. A request that holds nothing gives nothing back.
-- keys as above   args[1] request id   args[2] user id   args[3] '' = it may buy again, else its user is compared,
-- and it stays released
-- Answers 'released' | 'nothing' | 'missing' | 'other-request': the request id is another user's
redis.register_function('oversell_release_v3', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    return 'missing'
  end
  local answer = redis.call('HGET', keys[3], args[1])
  if not answer then
    if args[3] ~= '' then
      redis.call('HSET', keys[3], args[1], '-0 ' .. args[2])
    end
    return 'nothing'
  end
  local units, user = answer:match('^(%-?%d+) (.*)$')
  if args[3] ~= '' and user ~= args[2] then
    return 'other-request'
  elseif units:sub(1, 1) == '-' then
    return 'nothing'
  end
  redis.call('XADD', keys[4], '0-*', 'request', args[1], 'user', user, 'quantity', '-' .. units)
  if args[3] == '' then
    redis.call('HDEL', keys[3], args[1])
  else
    redis.call('HSET', keys[3], args[1], '-' .. answer)
  end
  if redis.call('HINCRBY', keys[2], user, '-' .. units) <= 0 then
    redis.call('HDEL', keys[2], user)
  end
  redis.call('INCRBY', keys[1], units)
  return 'released'
end)

-- oversell_restock_v3: puts units on sale.
-- keys[1] stock   args[1] quantity (units)
-- Answers the units left, nil when there is no such product.
redis.register_function('oversell_restock_v3', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then
    return false
  end
  return redis.call('INCRBY', keys[1], args[1])
end)
