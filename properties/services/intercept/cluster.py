"""A shop whose client is one of a cluster, which is made when the shop starts: it decrements, and gives back what was too much."""

import os

import redis
from flask import Flask, request
from redis.cluster import RedisCluster

app = Flask(__name__)
r = RedisCluster(host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), decode_responses=True)


@app.route("/purchase")
def purchase():
    key = "product:" + request.args["product_name"]
    if r.decr(key) >= 0:
        return "Success", 200
    r.incr(key)
    return "Sold Out", 404


@app.route("/reckless")
def reckless():
    key = "product:" + request.args["product_name"]
    if int(r.get(key)) <= 0:
        return "Sold Out", 404
    r.decr(key)
    return "Success", 200
