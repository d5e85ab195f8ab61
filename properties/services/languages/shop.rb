# The article's shop by Debian's webrick and redis-rb: `ruby shop.rb watch`, or `read-then-write`, which is wrong. A client is made for
# each request, the stock is watched and tried again, and the token is read and never used. A held command may wait for longer than
# the client would by default.
require 'redis'
require 'webrick'

def left(redis, key)
  Integer(redis.get(key))
end

TECHNIQUES = {
  'watch' => lambda do |redis, key|
    loop do
      redis.watch(key)
      if left(redis, key) <= 0
        redis.unwatch
        return false
      end
      return true if redis.multi { |transaction| transaction.decr(key) }
    end
  end,
  'read-then-write' => lambda do |redis, key|
    return false if left(redis, key) <= 0

    redis.decr(key)
    true
  end
}.freeze

# Answers a buyer.
class Purchase < WEBrick::HTTPServlet::AbstractServlet
  def do_GET(request, response)
    request.query['token']
    redis = Redis.new(host: '127.0.0.1', port: ENV.fetch('REDIS_PORT').to_i, read_timeout: 0)
    sold = TECHNIQUES.fetch(ARGV[0]).call(redis, "product:#{request.query['product_name']}")
    response.status = sold ? 200 : 404
    response.body = sold ? 'Success' : 'Sold Out'
  ensure
    redis&.close
  end
end

server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: ENV.fetch('PORT').to_i, AccessLog: [])
server.mount('/purchase', Purchase)
trap('TERM') { server.shutdown }
server.start
