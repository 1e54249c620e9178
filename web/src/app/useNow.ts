// Components that show a time that passes.
import { useEffect, useState } from 'react';
import { serverNow } from './clock';

/** The server's time, renewed at every full second of it (or another step in ms) while `isRunning`. */
export function useNow(step = 1000, isRunning = true): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!isRunning) return;
    let timer: ReturnType<typeof setTimeout>;
    const tick = (): void => {
      const time = serverNow();
      setNow(time);
      timer = setTimeout(tick, step - (time % step) + 4);
    };
    tick();
    return () => clearTimeout(timer);
  }, [step, isRunning]);
  return now;
}
