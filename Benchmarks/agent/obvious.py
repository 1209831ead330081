"""The agent as anybody would write it in Python: psutil and confluent-kafka. obvious.py BROKERS TOPIC"""

import json
import os
import socket
import sys
import time

import psutil
from confluent_kafka import Producer

brokers, topic = sys.argv[1:3]
producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
host = socket.gethostname()
psutil.cpu_times_percent()
while True:
    time.sleep(1)
    cpu = psutil.cpu_times_percent()
    memory = psutil.virtual_memory()
    load = os.getloadavg()
    record = {
        "timestamp": time.time(),
        "host": host,
        "cpu_usage": round(100 - cpu.idle - cpu.iowait, 2),
        "memory_usage": memory.percent,
        "cpu_user": cpu.user,
        "cpu_system": cpu.system,
        "cpu_iowait": cpu.iowait,
        "load_1": load[0],
        "load_5": load[1],
        "load_15": load[2],
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
    }
    producer.produce(topic, json.dumps(record), key=host)
    producer.poll(0)
