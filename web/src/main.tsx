// The start: the theme, the router, the clock, and React.
import { createRoot } from 'react-dom/client';
import { loadConfig } from './api/config';
import { syncClock } from './api/client';
import { startRouter } from './app/router';
import { Shell } from './app/Shell';
import { applyTheme } from './app/theme';

applyTheme();
startRouter();
void loadConfig();

// A sleep may have stopped the monotonic clock.
let hiddenAt = 0;
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (hiddenAt && Date.now() - hiddenAt > 20_000) void syncClock();
});

const container = document.getElementById('root');
if (container) createRoot(container).render(<Shell />);
