-- Queues a request, unless it waits already or is sold. An earlier refusal does not count any more.
-- KEYS[1] answers (hash, request id -> answer; 'sold 2 alice' if it holds units)
-- KEYS[2] queue (stream: request, user, quantity)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] quantity (units)
-- Answers nothing.
local answer = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if answer ~= 'waiting' and string.sub(answer, 1, 5) ~= 'sold ' then
  redis.call('HSET', KEYS[1], ARGV[1], 'waiting')
  redis.call('XADD', KEYS[2], '0-*', 'request', ARGV[1], 'user', ARGV[2], 'quantity', ARGV[3])
end
