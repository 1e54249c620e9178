"""Measures the seat map with 50,000 seats in headless Chromium: time to the first picture, CPU and interval a frame, the renderer's memory.

Run after scripts/web build: `.dev/venv/bin/python web/bench/measure.py`. CPU is that of all the browser's processes: a busy machine
distorts it less than the intervals between frames.
"""

import functools
import glob
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
FRAMES = 120
DRIVE = """async ([kind, frames]) => {
  const map = window.bench.handle.view;
  const box = map.canvas.getBoundingClientRect();
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const point = (type, dx, dy) => map.canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 7, pointerType: 'mouse', button: 0, clientX: x + dx, clientY: y + dy, bubbles: true,
  }));
  const wheel = (by) => map.canvas.dispatchEvent(new WheelEvent('wheel', {
    deltaY: by, clientX: x, clientY: y, bubbles: true, cancelable: true,
  }));
  const times = [];
  let last = 0;
  if (kind === 'pan') point('pointerdown', 0, 0);
  for (let frame = 0; frame < frames; frame += 1) {
    await new Promise((done) => requestAnimationFrame((now) => { if (last) times.push(now - last); last = now; done(); }));
    if (kind === 'pan') point('pointermove', Math.sin(frame / 12) * 300, Math.cos(frame / 9) * 150);
    if (kind === 'zoom') wheel(frame < frames / 2 ? -60 : 60);
    if (kind === 'live') window.bench.pulse(4);
  }
  if (kind === 'pan') point('pointerup', 0, 0);
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length * 0.5)], times[Math.floor(times.length * 0.95)]];
}"""


def build(folder):
    shared = ["--bundle", "--minify", "--target=es2020", "--log-level=error"]
    environment = {**os.environ, "NODE_PATH": os.environ.get("NODE_PATH", "/usr/share/nodejs")}
    react = ["--jsx=automatic", '--define:process.env.NODE_ENV="production"']
    subprocess.run(["esbuild", "seatmap.tsx", *shared, *react, f"--outfile={folder}/bench.js"], cwd=HERE, env=environment, check=True)
    subprocess.run(["esbuild", "bench.css", *shared, f"--outfile={folder}/bench.css"], cwd=HERE, env=environment, check=True)
    shutil.copy(HERE / "index.html", folder)


def browser_processes():
    """(process id, CPU seconds) of every process below this one that belongs to the browser."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            text = pathlib.Path(path).read_text()
        except OSError:
            continue
        fields = text.rsplit(")", 1)[1].split()
        children.setdefault(int(fields[1]), []).append(
            (int(text.split()[0]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
        )
    waiting, found = [os.getpid()], []
    while waiting:
        for pid, seconds in children.get(waiting.pop(), []):
            waiting.append(pid)
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
            except OSError:
                continue
            if "chromium" in command:
                found.append((pid, seconds, "--type=renderer" in command))
    return found


def renderer_megabytes():
    sizes = [0.0]
    for pid, _, is_renderer in browser_processes():
        if is_renderer:
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            sizes.append(sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+)", rollup, re.M)) / 1024)
    return max(sizes)


def main():
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tools:
        build(folder)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
        handler.log_message = lambda *_: None
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.wait_for_function("window.bench && window.bench.painted > 0")
        print(f"first picture after {page.evaluate('bench.painted'):.0f} ms")
        for scale in (None, 9.5, 14, 21, 30):
            if scale:
                page.evaluate("scale => bench.handle.view.zoom(scale / bench.handle.view.scale)", scale)
                page.wait_for_timeout(500)
            for kind in ("pan", "live") if scale else ("zoom", "pan", "live"):
                before = sum(seconds for _, seconds, _ in browser_processes())
                middle, high = page.evaluate(DRIVE, [kind, FRAMES])
                spent = (sum(seconds for _, seconds, _ in browser_processes()) - before) / FRAMES * 1000
                print(f"{scale or 'overview'} {kind}: {spent:.1f} ms CPU a frame, interval p50 {middle:.0f} ms, p95 {high:.0f} ms")
                if kind == "zoom":
                    page.evaluate("bench.handle.view.overview()")
                    page.wait_for_timeout(500)
        print(f"renderer {renderer_megabytes():.0f} MB private")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
