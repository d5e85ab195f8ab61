-- Queues a request, unless it waits already, is sold or was withdrawn: a message that arrives late must not queue for
-- somebody who withdrew, for good; who still wants to buy asks under another id. After a refusal or a release a request
-- is asked anew, by a late message, too.
-- KEYS[1] stock (string, units)
-- KEYS[2] answers (hash, request id -> answer; 'sold 2 alice' if it holds units)
-- KEYS[3] queue (stream: request, user, quantity)
-- ARGV[1] request id   ARGV[2] user id   ARGV[3] quantity (units)
-- Answers 'missing' when there is no such product, else nil.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 'missing'
end
local answer = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if answer ~= 'waiting' and answer ~= 'withdrawn' and string.sub(answer, 1, 5) ~= 'sold ' then
  redis.call('HSET', KEYS[2], ARGV[1], 'waiting')
  redis.call('XADD', KEYS[3], '0-*', 'request', ARGV[1], 'user', ARGV[2], 'quantity', ARGV[3])
end
