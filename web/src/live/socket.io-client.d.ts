/** The part of socket.io-client 4.8 that the app uses. */
export interface Socket {
  readonly connected: boolean;
  readonly recovered: boolean;
  auth: unknown;
  on(event: string, handler: (...data: never[]) => void): this;
  off(event: string, handler: (...data: never[]) => void): this;
  emit(event: string, ...data: unknown[]): this;
  timeout(milliseconds: number): { emit(event: string, ...data: unknown[]): void };
  connect(): this;
  disconnect(): this;
}

export interface Options {
  path?: string;
  transports?: ('websocket' | 'polling')[];
  tryAllTransports?: boolean;
  auth?: (answer: (data: object) => void) => void;
  reconnectionDelay?: number;
  reconnectionDelayMax?: number;
  autoConnect?: boolean;
}

export function io(options: Options): Socket;
