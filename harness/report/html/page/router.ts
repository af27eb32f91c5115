import { useEffect, useState } from 'preact/hooks';

/** The page's places: the overview, or one upgrade. `#cuts` and its like are places within the overview. */
export type Place = { readonly upgrade: undefined; readonly section: string } | { readonly upgrade: number };

export const upgradeHref = (upgrade: number): string => `#/upgrade/${String(upgrade)}`;

function placeOf(hash: string): Place {
  const upgrade = /^#\/upgrade\/(\d{1,9})$/.exec(hash)?.[1];
  return upgrade === undefined ? { upgrade: undefined, section: hash.slice(1) } : { upgrade: Number(upgrade) };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = (): void => {
      setPlace(placeOf(location.hash));
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);
  return place;
}

const kept = new Map<string, unknown>();

/** State that outlives its component: filters and pages are as they were when the reader comes back from an upgrade. */
export function useKept<T>(key: string, first: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : first));
  return [
    value,
    (next) => {
      kept.set(key, next);
      setValue(next);
    },
  ];
}

/** Sets a kept state from elsewhere: a chart that narrows a table down. Whoever shows it is told. */
export function keep(key: string, value: unknown): void {
  kept.set(key, value);
  dispatchEvent(new CustomEvent('kept', { detail: key }));
}

/** Renders anew when a state of this name was set from elsewhere. */
export function useKeptSignal(key: string): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const follow = (event: Event): void => {
      if ((event as CustomEvent<string>).detail === key) setCount((before) => before + 1);
    };
    addEventListener('kept', follow);
    return () => {
      removeEventListener('kept', follow);
    };
  }, [key]);
  return count;
}
