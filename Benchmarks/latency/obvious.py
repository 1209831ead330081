"""The evaluator as anybody would write it in Python, with confluent-kafka. obvious.py BROKERS STATUS_TOPIC ALERTS_TOPIC"""

import json
import sys
import time

from confluent_kafka import Consumer, Producer

brokers, status, alerts = sys.argv[1:]
consumer = Consumer({
    "bootstrap.servers": brokers, "group.id": f"obvious-{time.time_ns()}", "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
})
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})
consumer.subscribe([status])
firing = set()
while True:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    record = json.loads(message.value())
    host, is_high = record["host"], record["level"] > 50
    if is_high != (host in firing):
        (firing.add if is_high else firing.discard)(host)
        state = "firing" if is_high else "resolved"
        producer.produce(alerts, key=host, value=json.dumps({"status": state, "rule": "level", "host": host}))
        producer.flush()
        consumer.commit(message, asynchronous=False)
