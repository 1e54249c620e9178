// Where the tools and libraries of the build are: node_modules when somebody ran npm, Debian's packages otherwise.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, 'node_modules');
const hasModules = existsSync(join(modules, 'react'));

export const esbuild = hasModules ? join(modules, '.bin', 'esbuild') : 'esbuild';
export const nodePath = hasModules ? modules : '/usr/share/nodejs';

/** The stock Socket.IO client; Debian has none, so scripts/web takes it out of a Python wheel into the folder of this variable. */
export const socketClient = hasModules
  ? join(modules, 'socket.io-client', 'dist', 'socket.io.min.js')
  : process.env.SOCKET_IO_CLIENT ?? join(root, '..', '.dev', 'web', 'socket.io.min.js');
export const aliases = hasModules ? [] : [`--alias:socket.io-client=${socketClient}`];

/** What every bundle is built with. */
export const common = ['--bundle', '--jsx=automatic', '--target=es2020', '--log-level=warning', '--charset=utf8', ...aliases];
