<?php
// The article's shop by Debian's php-cli and php-redis: `php -S 127.0.0.1:PORT shop.php`, with TECHNIQUE=watch, or read-then-write,
// which is wrong. A client is made for each request, the stock is watched and tried again, and the token is read and never used. A held
// command may wait for longer than the client would by default.

function left(Redis $redis, string $key): int
{
    return (int) $redis->get($key);
}

function watch(Redis $redis, string $key): bool
{
    for (;;) {
        $redis->watch($key);
        if (left($redis, $key) <= 0) {
            $redis->unwatch();
            return false;
        }
        if ($redis->multi()->decr($key)->exec() !== false) {
            return true;
        }
    }
}

function readThenWrite(Redis $redis, string $key): bool
{
    if (left($redis, $key) <= 0) {
        return false;
    }
    $redis->decr($key);
    return true;
}

$redis = new Redis();
$redis->connect('127.0.0.1', (int) getenv('REDIS_PORT'));
$redis->setOption(Redis::OPT_READ_TIMEOUT, -1);
$_GET['token'];
$key = 'product:' . $_GET['product_name'];
$sold = getenv('TECHNIQUE') === 'watch' ? watch($redis, $key) : readThenWrite($redis, $key);
http_response_code($sold ? 200 : 404);
echo $sold ? 'Success' : 'Sold Out';
