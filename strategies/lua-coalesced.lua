-- Sells units to many requests in one step, one after the other: to each at most once, within a limit per user, with
-- a line in the ledger for each that is sold, and one entry in the stream for all. A request that has its line is sold,
-- and nothing is taken again.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held); left alone where there is no limit
-- KEYS[3] ledger (hash, request id -> units and user id, as '2 alice'; '-2 alice': released for good,
-- '-0 alice': before it bought)
-- KEYS[4] orders (stream: request, user, quantity of each)
-- ARGV[1] most units per user, '' = no limit   ARGV[2] n   then n request ids, n user ids, n quantities (units)
-- and perhaps a word: then a request id is compared with its user and quantity
-- Answers {units before, n letters}: s sold now, r sold before, o sold out, l limit reached, g given back for good,
-- x the request id is that of another user or quantity; nil when there is no such product.
local stock = tonumber(redis.call('GET', KEYS[1]) or '')
if not stock then
  return false
end
local limit = tonumber(ARGV[1])
local n = tonumber(ARGV[2])
local users = 2 + n
local quantities = users + n
local compares = ARGV[quantities + n + 1]
local sold = redis.call('HMGET', KEYS[3], unpack(ARGV, 3, users))
local held = limit and redis.call('HMGET', KEYS[2], unpack(ARGV, users + 1, quantities))
local answers, ledger, holdings = {}, {}, {}
local now, lines, left = {}, 0, stock
local orders, o = { '0-*' }, 1
for i = 1, n do
  local request, user = ARGV[2 + i], ARGV[users + i]
  local line = ARGV[quantities + i] .. ' ' .. user
  local before = sold[i] or now[request]
  if before then
    local given = before == '-' .. line or before == '-0 ' .. user
    answers[i] = (before == line or not compares) and 'r' or given and 'g' or 'x'
  else
    local quantity = tonumber(ARGV[quantities + i])
    local holds = limit and (holdings[user] or tonumber(held[i] or 0)) + quantity
    if limit and holds > limit then
      answers[i] = 'l'
    elseif quantity > left then
      answers[i] = 'o'
    else
      answers[i] = 's'
      left = left - quantity
      now[request] = line
      if limit then
        holdings[user] = holds
      end
      ledger[lines + 1] = request
      ledger[lines + 2] = line
      lines = lines + 2
      orders[o + 1], orders[o + 2] = 'request', request
      orders[o + 3], orders[o + 4] = 'user', user
      orders[o + 5], orders[o + 6] = 'quantity', ARGV[quantities + i]
      o = o + 6
    end
  end
end
if lines > 0 then
  redis.call('XADD', KEYS[4], unpack(orders))
  redis.call('HSET', KEYS[3], unpack(ledger))
  if limit then
    local fields, f = {}, 0
    for user, units in pairs(holdings) do
      fields[f + 1] = user
      fields[f + 2] = string.format('%.0f', units)
      f = f + 2
    end
    redis.call('HSET', KEYS[2], unpack(fields))
  end
  redis.call('DECRBY', KEYS[1], string.format('%.0f', stock - left))
end
return { stock, table.concat(answers) }
