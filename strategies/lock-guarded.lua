-- Gives a lock back, unless it expired meanwhile and is somebody else's now.
-- KEYS[1] lock (string, token of its holder)
-- ARGV[1] token
-- Answers 1 when it was given back, 0 when it was not held any more.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
