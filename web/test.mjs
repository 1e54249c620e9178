// Runs the unit tests: every *.test.ts(x) beside the code, bundled as CommonJS for Node's own runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common, esbuild, nodePath, root } from './tools.mjs';

const tests = readdirSync(join(root, 'src'), { recursive: true })
  .map(String).filter((name) => /\.test\.tsx?$/.test(name)).map((name) => join('src', name));
const output = mkdtempSync(join(tmpdir(), 'tiketi-web-'));
const environment = { ...process.env, NODE_PATH: nodePath };
const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit', env: environment }).status ?? 1;
let status = run(esbuild, [...tests, ...common, '--platform=node', '--target=node18', '--format=cjs', '--out-extension:.js=.cjs', '--external:jsdom', `--outdir=${output}`, '--outbase=src']);
if (status === 0) {
  const built = readdirSync(output, { recursive: true }).map(String).filter((name) => name.endsWith('.test.cjs')).map((name) => join(output, name));
  status = run(process.execPath, ['--test', ...built]);
}
rmSync(output, { recursive: true, force: true });
process.exit(status);
