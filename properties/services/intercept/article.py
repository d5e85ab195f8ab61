"""The shop of the article: a client made for each request, WATCH with a retry, a token that is read and never used."""

import os

import redis
from flask import Flask, request

app = Flask(__name__)


def client():
    return redis.Redis(host="localhost", port=int(os.environ.get("REDIS_PORT", "6379")), decode_responses=True)


@app.route("/purchase")
def purchase():
    r = client()
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
