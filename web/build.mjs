// Builds the app into dist/: one chunk per page, names with a hash of what is in them, compressed copies, and the page that loads them.
// The new files are complete before index.html names them, and the files of the build before stay for tabs that are still open.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { common, esbuild, nodePath, root, socketClient } from './tools.mjs';

const output = process.env.WEB_DIST ?? join(root, 'dist');
const assets = join(output, 'assets');
const isWatching = process.argv.includes('--watch');
const isDevelopment = isWatching || process.argv.includes('--development');
const entries = ['src/main.tsx', 'src/styles/index.css'];

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_PATH: nodePath } });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${basename(command)} ended with ${code}`))));
  });
}

const bundle = (metafile) => run(esbuild, [
  ...entries, ...common, '--splitting', '--format=esm', `--outdir=${assets}`, '--entry-names=[name]-[hash]',
  '--chunk-names=[name]-[hash]', '--asset-names=[name]-[hash]', `--metafile=${metafile}`,
  `--define:process.env.NODE_ENV="${isDevelopment ? 'development' : 'production'}"`,
  ...(isDevelopment ? ['--sourcemap'] : ['--minify', '--legal-comments=none']),
]);

function compress(files) {
  for (const file of files) {
    const bytes = readFileSync(file);
    if (!/\.(js|css|svg|html)$/.test(file) || bytes.length < 512) continue;
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
}

/** Everything that is loaded before the first page's own chunk. */
function firstLoad(outputs, entry) {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') visit(path);
  };
  visit(entry);
  return [...seen];
}

function page(scripts, style) {
  const template = readFileSync(join(root, 'src', 'index.html'), 'utf8');
  const [main, ...others] = scripts;
  const head = [
    `<link rel="stylesheet" href="${style}">`,
    ...others.map((path) => `<link rel="modulepreload" href="${path}">`),
    `<script type="module" src="${main}"></script>`,
  ].join('\n    ');
  return template.replace('<!-- assets -->', head);
}

async function build() {
  const began = Date.now();
  const metafile = join(output, '.meta.json');
  mkdirSync(assets, { recursive: true });
  const before = new Set(readdirSync(assets));
  await bundle(metafile);
  const { outputs } = JSON.parse(readFileSync(metafile, 'utf8'));
  rmSync(metafile);
  const find = (entry) => Object.keys(outputs).find((name) => outputs[name].entryPoint === entry);
  const names = firstLoad(outputs, find('src/main.tsx'));
  const style = find('src/styles/index.css');
  const url = (name) => `/assets/${basename(name)}`;
  if (!isDevelopment) compress(Object.keys(outputs).map((name) => join(root, name)));
  const index = join(output, 'index.html');
  writeFileSync(`${index}.new`, page(names.map(url), url(style)));
  renameSync(`${index}.new`, index);
  for (const file of ['favicon.svg', 'robots.txt', 'manifest.webmanifest']) {
    const source = join(root, 'src', 'static', file);
    if (existsSync(source)) writeFileSync(join(output, file), readFileSync(source));
  }
  publishSocketClient();
  removeOld(before, new Set(Object.keys(outputs).map((name) => basename(name))));
  const size = [...names, style].reduce((sum, name) => sum + gzipSync(readFileSync(join(root, name)), { level: 9 }).length, 0);
  console.log(`web: built in ${((Date.now() - began) / 1000).toFixed(1)} s, first load ${(size / 1000).toFixed(1)} kB gzip`);
  return size;
}

/** The stock Socket.IO client at the addresses where pages look for it by habit. */
function publishSocketClient() {
  if (!existsSync(socketClient)) return;
  const folder = join(output, 'socket.io');
  mkdirSync(folder, { recursive: true });
  const files = ['socket.io.js', 'socket.io.min.js'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, readFileSync(socketClient));
  if (!isDevelopment) compress(files);
}

/** Files of earlier builds go after a day. */
function removeOld(before, now) {
  for (const name of before) {
    if (now.has(name.replace(/\.(gz|br)$/, ''))) continue;
    const path = join(assets, name);
    if (Date.now() - statSync(path).mtimeMs > 24 * 3600 * 1000 || isWatching) rmSync(path, { force: true });
  }
}

const limit = 120_000;
try {
  const size = await build();
  if (!isDevelopment && size > limit) throw new Error(`the first load has ${size} bytes of gzip; the budget is ${limit}`);
} catch (error) {
  console.error(`web: ${error.message}`);
  if (!isWatching) process.exit(1);
}

if (isWatching) {
  let timer;
  let running = Promise.resolve();
  watch(join(root, 'src'), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => { running = running.then(build).catch((error) => console.error(`web: ${error.message}`)); }, 80);
  });
}
