"""What looks at /health for scripts/bench/prepare, from a process of its own.

The argument is the gateway's port. Prints "on", looks every few milliseconds over one connection
until its input ends, then prints as JSON when each look began and how many milliseconds it took.
"""

import http.client
import json
import sys
import threading
import time

PAUSE_S = 0.005


def main() -> None:
    """Look until standard input ends."""
    told_to_end = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told_to_end.set()), daemon=True).start()
    gateway = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
    looks: list[tuple[float, float]] = []
    print("on", flush=True)
    while not told_to_end.is_set():
        began = time.time()
        gateway.request("GET", "/health")
        gateway.getresponse().read()
        looks.append((began, (time.time() - began) * 1000))
        time.sleep(PAUSE_S)
    print(json.dumps(looks), flush=True)


if __name__ == "__main__":
    main()
