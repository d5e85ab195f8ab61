-- Sells units to many requests in one step, one after the other: to each at most once, within a limit per user, with
-- a line in the ledger for each that is sold. A request that has its line is sold, and nothing is taken again.
-- KEYS[1] stock (string, units)
-- KEYS[2] holdings (hash, user id -> units held)
-- KEYS[3] ledger (hash, request id -> units and user id, as '2 alice')
-- ARGV[1] most units per user, '' = no limit   ARGV[2] n   then n request ids, n user ids, n quantities (units)
-- Answers {units before, n letters}: s sold now, r sold before, o sold out, l limit reached; nil when there is no such
-- product.
local stock = tonumber(redis.call('GET', KEYS[1]) or '')
if not stock then
  return false
end
local limit = tonumber(ARGV[1]) or math.huge
local n = tonumber(ARGV[2])
local users = 2 + n
local quantities = users + n
local sold = redis.call('HMGET', KEYS[3], unpack(ARGV, 3, users))
local held = redis.call('HMGET', KEYS[2], unpack(ARGV, users + 1, quantities))
local answers, ledger, holdings = {}, {}, {}
local now, lines, left = {}, 0, stock
for i = 1, n do
  local request, user = ARGV[2 + i], ARGV[users + i]
  if sold[i] or now[request] then
    answers[i] = 'r'
  else
    local quantity = tonumber(ARGV[quantities + i])
    local holds = (holdings[user] or tonumber(held[i] or 0)) + quantity
    if holds > limit then
      answers[i] = 'l'
    elseif quantity > left then
      answers[i] = 'o'
    else
      answers[i] = 's'
      left = left - quantity
      now[request] = true
      holdings[user] = holds
      ledger[lines + 1] = request
      ledger[lines + 2] = ARGV[quantities + i] .. ' ' .. user
      lines = lines + 2
    end
  end
end
if lines > 0 then
  local fields, f = {}, 0
  for user, units in pairs(holdings) do
    fields[f + 1] = user
    fields[f + 2] = string.format('%.0f', units)
    f = f + 2
  end
  redis.call('HSET', KEYS[3], unpack(ledger))
  redis.call('HSET', KEYS[2], unpack(fields))
  redis.call('DECRBY', KEYS[1], string.format('%.0f', stock - left))
end
return { stock, table.concat(answers) }
