import { useEffect, useState } from 'preact/hooks';
import type { LiveFacts, LiveReport } from '../data.js';
import { data, fetchAllDetails, replaceData } from './store.js';

/** `lost`: nobody answers; the browser tries again. `ended`: the run has come to its end. */
export type Link = 'open' | 'lost' | 'ended';

interface Live {
  readonly link: Link;
  readonly facts: LiveFacts | undefined;
}

let live: Live = { link: 'open', facts: data.live };

function set(change: Partial<Live>): void {
  live = { ...live, ...change };
  dispatchEvent(new Event('live'));
}

/** Follows the run that this page was sent for. What comes is data alone; it is drawn as the report is. */
export function followRun(): void {
  const source = new EventSource('events');
  source.addEventListener('open', () => {
    set({ link: 'open' });
  });
  source.addEventListener('error', () => {
    if (live.link !== 'ended') set({ link: 'lost' });
  });
  source.addEventListener('report', (event: MessageEvent<string>) => {
    const { title, data: next } = JSON.parse(event.data) as LiveReport;
    document.title = title;
    replaceData(next);
    set({ link: 'open' });
  });
  source.addEventListener('rigs', (event: MessageEvent<string>) => {
    set({ link: 'open', facts: JSON.parse(event.data) as LiveFacts });
  });
  source.addEventListener('end', () => {
    set({ link: 'ended' });
    // Who sends it waits for that, for some seconds; what does not come is in the run's report.
    fetchAllDetails().then(close, close);
  });
  const close = (): void => {
    source.close();
    set({});
  };
}

export function useLive(): Live {
  const [now, setNow] = useState(live);
  useEffect(() => {
    const follow = (): void => {
      setNow(live);
    };
    addEventListener('live', follow);
    follow();
    return () => {
      removeEventListener('live', follow);
    };
  }, []);
  return now;
}
