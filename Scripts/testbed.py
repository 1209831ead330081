"""For benchmarks and checks in Python: an environment with packages, and a broker."""

import contextlib
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.path.join(ROOT, ".build", "python")


def python():
    """Returns the Python of an environment in .build with psutil and confluent-kafka. Creates it if needed."""
    path = os.path.join(ENVIRONMENT, "bin", "python")
    if not os.path.exists(path):
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        subprocess.run([path, "-m", "pip", "-q", "install", "psutil", "confluent-kafka"], check=True)
    return path


def in_environment():
    """Restarts the program in that environment, unless it already runs there."""
    if os.path.realpath(sys.prefix) != os.path.realpath(ENVIRONMENT):
        path = python()
        os.execv(path, [path, os.path.abspath(sys.argv[0]), *sys.argv[1:]])


@contextlib.contextmanager
def broker():
    """Yields the address of the broker in STATUSD_TEST_BROKERS, else of one that lives as long as the block."""
    named = os.environ.get("STATUSD_TEST_BROKERS")
    if named:
        yield named
        return
    kafka = os.path.join(ROOT, "Tests", "kafka")
    with tempfile.TemporaryDirectory() as folder:
        directory = os.path.join(folder, "broker")
        start = [kafka, "start", "--dir", directory, "--owner", str(os.getpid())]
        try:
            yield subprocess.run(start, check=True, capture_output=True, text=True).stdout.split("\t")[0]
        finally:
            subprocess.run([kafka, "destroy", "--dir", directory])
