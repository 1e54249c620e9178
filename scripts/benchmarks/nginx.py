"""nginx as the peer: one worker, as a plain responder, as a static server and as a proxy with keep-alive upstreams."""

import pathlib
import subprocess
import tempfile

from devtools import stores

from . import measure

CONFIGURATION = """
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
daemon off;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  {servers}
}}
"""


def responder(port, body):
    return f"server {{ listen 127.0.0.1:{port} reuseport; location / {{ default_type application/json; return 200 '{body}'; }} }}"


def files(port, directory):
    return f"server {{ listen 127.0.0.1:{port} reuseport; root {directory}; location / {{ default_type application/json; }} }}"


def proxy(port, upstream):
    return (f"upstream backend {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}"
            f"server {{ listen 127.0.0.1:{port} reuseport; location / {{ proxy_pass http://backend; proxy_http_version 1.1;"
            "proxy_set_header Connection ''; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Request-Id $request_id;"
            "proxy_set_header Host $host; } }")


class Nginx:
    """A running nginx; `pids` are its workers."""

    def __init__(self, *servers, port):
        self.directory = tempfile.mkdtemp(prefix="tiketi-nginx-")
        path = pathlib.Path(self.directory) / "nginx.conf"
        path.write_text(CONFIGURATION.format(directory=self.directory, servers="\n".join(servers)))
        self.process = subprocess.Popen(["nginx", "-c", str(path), "-p", self.directory], stderr=subprocess.DEVNULL)
        measure.wait_for(lambda: stores.accepts(port))
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        measure.wait_for(lambda: children.read_text().split())
        self.pids = [int(pid) for pid in children.read_text().split()]

    def stop(self):
        self.process.terminate()
        self.process.wait()
