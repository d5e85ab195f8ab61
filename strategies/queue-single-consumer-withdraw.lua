-- Withdraws a request that still waits.
-- KEYS[1] answers (hash, request id -> answer)
-- ARGV[1] request id
-- Answers its answer, 'withdrawn' from now on if it had none; nil when nothing is known of it.
if redis.call('HGET', KEYS[1], ARGV[1]) == 'waiting' then
  redis.call('HSET', KEYS[1], ARGV[1], 'withdrawn')
end
return redis.call('HGET', KEYS[1], ARGV[1])
