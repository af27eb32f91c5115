/** A duration as a person says it. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 999.5) return `${String(Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  // Rounded first, taken apart then: never `7 min 60 s`.
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min${seconds % 60 === 0 ? '' : ` ${String(seconds % 60)} s`}`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** Time after an upgrade began, on an axis or in a list. */
export function offset(ms: number, timed: boolean): string {
  if (!timed) return `line ${String(Math.round(ms))}`;
  if (ms >= 60_000) {
    const tenths = Math.round(ms / 100);
    return `+${String(Math.floor(tenths / 600))}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
  }
  return `+${(ms / 1000).toFixed(3)} s`;
}

/** `22 Nov 2026, 21:55 UTC`; what is no time stays as it is. */
export function when(iso: string | undefined): string {
  const date = new Date(iso ?? '');
  if (iso === undefined || Number.isNaN(date.getTime())) return iso ?? '';
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}

export function span(from: string | undefined, to: string | undefined): string {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '');
  return Number.isFinite(ms) && ms >= 0 ? duration(ms) : '';
}

export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}

export const bytes = (size: number): string => `${size.toLocaleString('en')} bytes`;

/** `updating@41%+120ms` in words. */
export function askedText(asked: string): string {
  return asked
    .split(', ')
    .map((point) =>
      point
        .replace(/^updating@([\d.]+)%/, '$1 %')
        .replace(/^download@([\d.]+)%/, '$1 % of the download')
        .replace(/\+([\d.]+)ms$/, ' + $1 ms'),
    )
    .join(', then ');
}
