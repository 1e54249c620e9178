// The stock client as a module of its own, so that it is loaded on demand: a dynamic import of a CommonJS file would give its default only.
export { io } from 'socket.io-client';
