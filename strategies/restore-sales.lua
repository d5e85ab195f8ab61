-- Puts back what a store has forgotten of its sales, from a book that has them. What it remembers stays as it is, so that
-- this can be sent again.
-- KEYS[1] holdings (hash, user id -> units held)
-- KEYS[2] answers (hash, request id -> units sold to it and user id, as '2 alice'; '-2 alice': released for good)
-- ARGV request id, user id, units (below zero: released) of each
-- Answers how many it had forgotten
local restored = 0
for i = 1, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2] .. ' ' .. ARGV[i + 1]) == 1 then
    restored = restored + 1
    if tonumber(ARGV[i + 2]) > 0 then
      redis.call('HINCRBY', KEYS[1], ARGV[i + 1], ARGV[i + 2])
    end
  end
end
return restored
