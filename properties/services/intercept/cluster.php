<?php
// A shop whose client is one of a cluster, made for each request: it decrements, and gives back what was too much.

$r = new RedisCluster(null, ['127.0.0.1:' . getenv('REDIS_PORT')]);
$key = 'product:' . $_GET['product_name'];

function answered(int $status): void
{
    http_response_code($status);
    exit;
}

if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) === '/reckless') {
    if ((int) $r->get($key) <= 0) {
        answered(404);
    }
    $r->decr($key);
    answered(200);
}
if ($r->decr($key) >= 0) {
    answered(200);
}
$r->incr($key);
answered(404);
