#!/usr/bin/env python3
"""Compares the agent's cpu_usage and memory_usage with psutil's, read beside it.

    Tests/psutil-agreement.py STATUSD BROKERS [SECONDS]

Each record that arrives is set beside psutil's own figures over the same second. Exit 1 where a mean difference is a
percentage point or more. psutil and confluent-kafka are installed into a Python environment in .build.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Scripts"))
sys.dont_write_bytecode = True
import testbed  # noqa: E402


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    statusd, brokers = sys.argv[1:3]
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    import psutil
    from confluent_kafka import Consumer

    topic = f"psutil-agreement-{os.getpid()}"
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as configuration:
        configuration.write(f'[kafka]\nbrokers = "{brokers}"\n[topics]\nstatus = "{topic}"\n[agent]\nhost = "here"\n')
        configuration.flush()
        agent = subprocess.Popen([statusd, "run", "--role", "agent", "--config", configuration.name])
        consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": topic,
                "auto.offset.reset": "latest",
                "fetch.wait.max.ms": 10,
                "topic.metadata.refresh.interval.ms": 500,
            }
        )
        consumer.subscribe([topic])
        differences = {"cpu_usage": [], "memory_usage": []}
        deadline = time.monotonic() + seconds + 30
        first = True
        while len(differences["cpu_usage"]) < seconds and time.monotonic() < deadline:
            message = consumer.poll(1)
            if message is None or message.error() or message.key() != b"here":
                continue
            cpu, memory = psutil.cpu_percent(), psutil.virtual_memory().percent
            record = json.loads(message.value())
            # psutil's first answer covers another time.
            if not first and "cpu_usage" in record:
                differences["cpu_usage"].append(abs(record["cpu_usage"] - cpu))
                differences["memory_usage"].append(abs(record["memory_usage"] - memory))
            first = False
        consumer.close()
        agent.terminate()
        agent.wait(10)
    failed = False
    for name, values in differences.items():
        mean = statistics.mean(values) if values else float("inf")
        worst = max(values, default=0)
        print(f"{name}: mean difference {mean:.3f}, largest {worst:.2f} percentage points, {len(values)} samples")
        failed = failed or mean >= 1 or len(values) < seconds
    sys.exit(1 if failed else 0)


testbed.in_environment()
main()
