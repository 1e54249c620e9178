// The development server: builds on change, serves dist/ on port 3000, and hands /api, /socket.io and /uploads to the gateway.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { extname, join, normalize } from 'node:path';
import { root } from './tools.mjs';

const port = Number(process.env.PORT ?? 3000);
const gateway = new URL(process.env.GATEWAY_URL ?? 'http://127.0.0.1:3001');
const output = process.env.WEB_DIST ?? join(root, 'dist');
const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.map': 'application/json',
  '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
};
// The same rules as the gateway's, so that what they forbid is seen here first.
const policy = "default-src 'self'; script-src 'self' https://js.tosspayments.com https://accounts.google.com; img-src 'self' data: blob: https:; "
  + "connect-src 'self' ws: wss: https://*.tosspayments.com https://accounts.google.com; frame-src https://*.tosspayments.com https://accounts.google.com; "
  + "frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

if (!process.argv.includes('--no-build')) {
  const builder = spawn(process.execPath, [join(root, 'build.mjs'), '--watch'], { stdio: 'inherit' });
  process.on('exit', () => builder.kill());
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
}

const isProxied = (path) => /^\/(api|socket\.io|uploads|health|openapi\.json|api-docs)(\/|\?|$)/.test(path);

const server = http.createServer((request, response) => {
  if (isProxied(request.url)) return forward(request, response);
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  let file = join(output, path);
  if (!file.startsWith(output) || !existsSync(file) || statSync(file).isDirectory()) {
    if (extname(path)) return response.writeHead(404).end();
    file = join(output, 'index.html');
  }
  if (!existsSync(file)) return response.writeHead(503, { 'Retry-After': '1' }).end('The first build is running.');
  response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Cache-Control': 'no-cache', 'Content-Security-Policy': policy });
  createReadStream(file).pipe(response);
});

function forward(request, response) {
  const upstream = http.request(
    { host: gateway.hostname, port: gateway.port, method: request.method, path: request.url, headers: { ...request.headers, host: gateway.host } },
    (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
  upstream.on('error', () => { if (!response.headersSent) response.writeHead(502, { 'Content-Type': 'application/json' }); response.end('{"success":false,"code":"UPSTREAM_FAILED","error":"The gateway does not answer"}'); });
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}

server.on('upgrade', (request, socket, head) => {
  const upstream = net.connect(Number(gateway.port), gateway.hostname, () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index];
      lines.push(`${name}: ${name.toLowerCase() === 'host' ? gateway.host : request.rawHeaders[index + 1]}`);
    }
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
  const close = () => { socket.destroy(); upstream.destroy(); };
  for (const side of [upstream, socket]) { side.on('error', close); side.on('close', close); }
});

server.listen(port, process.env.HOST ?? '127.0.0.1', () => console.log(`web: http://127.0.0.1:${port} (gateway ${gateway.href})`));
