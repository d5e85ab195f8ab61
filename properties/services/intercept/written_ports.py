"""The article's shop with its ports in its code, as it was printed: localhost:6379, and 5000."""

import redis
from flask import Flask, request

app = Flask(__name__)


@app.route("/purchase")
def purchase():
    r = redis.Redis(host="localhost", port=6379, decode_responses=True)
    key = "product:" + request.args["product_name"]
    request.args["token"]
    with r.pipeline() as pipe:
        while True:
            try:
                pipe.watch(key)
                stock = int(pipe.get(key))
                if stock <= 0:
                    return "Sold Out", 404
                pipe.multi()
                pipe.decr(key)
                pipe.execute()
                return "Success", 200
            except redis.WatchError:
                continue


if __name__ == "__main__":
    app.run(port=5000)
