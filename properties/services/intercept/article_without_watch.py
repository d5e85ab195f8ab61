"""The same shop without WATCH: it reads, and then writes."""

import os

import redis
from flask import Flask, request

app = Flask(__name__)


@app.route("/purchase")
def purchase():
    r = redis.Redis(host="localhost", port=int(os.environ["REDIS_PORT"]), decode_responses=True)
    key = "product:" + request.args["product_name"]
    if int(r.get(key)) <= 0:
        return "Sold Out", 404
    r.decr(key)
    return "Success", 200
