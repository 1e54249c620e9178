// The part of Socket.IO 5 over Engine.IO 4 that a page needs: one WebSocket, events in, joins out with an acknowledgement, reconnection that
// continues the session: the hub then sends what was missed, and the rooms are still entered.

export class Live {
  #socket; #token; #session; #offset; #handlers = new Map(); #acks = new Map(); #next = 0; #joined = []; #delay = 500; #closed = false; #watch;

  constructor(token, signal) {
    this.#token = token;
    signal.addEventListener('abort', () => { this.#closed = true; this.#socket?.close(); });
    this.#connect();
  }

  on(event, handler) { this.#handlers.set(event, handler); return this; }

  // Joined again after a reconnection that did not continue the session; `joined` gets the acknowledgement each time.
  join(event, payload, joined) { this.#joined.push({ event, payload, joined, sent: false }); this.#flush(); return this; }

  #connect() {
    if (this.#closed) return;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/socket.io/?EIO=4&transport=websocket`);
    this.#socket = socket;
    this.ready = false;
    socket.onmessage = ({ data }) => typeof data === 'string' && this.#packet(socket, data);
    socket.onclose = () => {
      clearTimeout(this.#watch);
      this.ready = false;
      // A join that was never acknowledged is asked again in any case.
      for (const join of this.#joined) if (!join.done) join.sent = false;
      this.#acks.clear();
      if (this.#closed) return;
      setTimeout(() => this.#connect(), this.#delay * (0.5 + Math.random()));
      this.#delay = Math.min(this.#delay * 2, 10000);
    };
  }

  #packet(socket, text) {
    switch (text[0]) {
      case '0': // Engine.IO open, then Socket.IO connect with the token
        this.period = (({ pingInterval, pingTimeout }) => pingInterval + pingTimeout)(JSON.parse(text.slice(1)));
        this.#heard(socket);
        socket.send(`40${JSON.stringify({ token: this.#token, recovery: true, pid: this.#session, offset: this.#offset })}`);
        break;
      case '2': this.#heard(socket); socket.send('3'); break;
      case '4': this.#message(text.slice(1)); break;
    }
  }

  // The hub pings; a connection without pings is dead, whatever the browser believes.
  #heard(socket) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => socket.close(), this.period);
  }

  #message(text) {
    const [, type, id, rest] = /^(\d)(\d*)(.*)$/s.exec(text);
    if (type === '0') {
      const { pid } = JSON.parse(rest);
      if (!pid || pid !== this.#session) {
        this.#offset = undefined;
        for (const join of this.#joined) { join.sent = false; join.done = false; }
      }
      this.#session = pid;
      this.ready = true;
      this.#delay = 500;
      this.#flush();
    }
    if (type === '2') {
      const [event, ...data] = JSON.parse(rest);
      if (this.#session && typeof data.at(-1) === 'string') this.#offset = data.pop();
      this.#handlers.get(event)?.(...data);
    }
    if (type === '3') { this.#acks.get(id)?.(...JSON.parse(rest)); this.#acks.delete(id); }
    if (type === '4') { this.#closed = true; this.#socket.close(); this.#handlers.get('refused')?.(JSON.parse(rest)); }
  }

  #flush() {
    if (!this.ready) return;
    for (const join of this.#joined.filter((join) => !join.sent)) {
      join.sent = true;
      const id = String(this.#next++);
      this.#acks.set(id, (...answer) => { join.done = true; join.joined?.(...answer); });
      this.#socket.send(`42${id}${JSON.stringify([join.event, join.payload])}`);
    }
  }
}
