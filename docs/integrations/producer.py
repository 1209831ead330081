# pip install kafka-python
import json
import sys
from kafka import KafkaProducer

brokers = sys.argv[1] if len(sys.argv) > 1 else "localhost:9092"
producer = KafkaProducer(bootstrap_servers=brokers, value_serializer=lambda value: json.dumps(value).encode())
producer.send("monitor_topic", {"timestamp": "2022-01-01 00:00:00", "message": "Hello, World!"})
producer.flush()
