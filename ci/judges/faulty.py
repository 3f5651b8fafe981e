"""faulty.py LISTEN UPSTREAM MODE_FILE: passes requests on to the service at port UPSTREAM, unless the file says what to
answer instead."""

import http.client
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

listen, upstream, mode_file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
REFUSALS = {
    "throttled": "ThrottlingException",
    "denied": "AccessDeniedException",
    "revoked": "UnrecognizedClientException",
    "deleted": "NotFoundException",
    "disabled": "DisabledException",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = mode_file.read_text().strip()
        if mode == "down":
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(5)
        if mode in REFUSALS:
            answer = f'{{"__type":"{REFUSALS[mode]}","message":"as the judge wants it"}}'.encode()
            self.answer(400, answer)
            return
        service = http.client.HTTPConnection("127.0.0.1", upstream)
        service.request("POST", self.path, body, dict(self.headers))
        answer = service.getresponse()
        self.answer(answer.status, answer.read())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", listen), Handler).serve_forever()
