/** How details travel in the file: texts once a bundle, times and numbers as differences. Used by the harness and by the page, so it needs neither. */
import type { Timeline, UpgradeDetail } from './data.js';

type Events = Timeline['events'];

interface PackedEvents extends Omit<Events, 'label' | 'text'> {
  readonly label: readonly number[];
  readonly text: readonly number[];
}
type PackedTimeline = Omit<Timeline, 'events'> & { readonly events: PackedEvents };
type PackedDetail = Omit<UpgradeDetail, 'timeline'> & { readonly timeline: PackedTimeline };

export interface PackedBundle {
  readonly strings: readonly string[];
  readonly upgrades: readonly PackedDetail[];
}

export function packBundle(details: readonly UpgradeDetail[]): PackedBundle {
  const places = new Map<string, number>();
  const place = (text: string): number => {
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, places.size);
    return places.size - 1;
  };
  const upgrades = details.map((detail): PackedDetail => {
    const { events, percents, ...timeline } = detail.timeline;
    return {
      ...detail,
      timeline: {
        ...timeline,
        percents: { ...percents, t: deltas(percents.t, 10), n: deltas(percents.n, 1) },
        events: {
          ...events,
          t: deltas(events.t, 10),
          n: deltas(events.n, 1),
          took: events.took.map((value) => Math.round(value * 10)),
          label: events.label.map(place),
          text: events.text.map(place),
        },
      },
    };
  });
  return { strings: [...places.keys()], upgrades };
}

export function unpackBundle({ strings, upgrades }: PackedBundle): readonly UpgradeDetail[] {
  const text = (place: number): string => strings[place] ?? '';
  return upgrades.map((detail) => {
    const { events, percents, ...timeline } = detail.timeline;
    return {
      ...detail,
      timeline: {
        ...timeline,
        percents: { ...percents, t: sums(percents.t, 10), n: sums(percents.n, 1) },
        events: {
          ...events,
          t: sums(events.t, 10),
          n: sums(events.n, 1),
          took: events.took.map((value) => value / 10),
          label: events.label.map(text),
          text: events.text.map(text),
        },
      },
    };
  });
}

function deltas(values: readonly number[], scale: number): number[] {
  let last = 0;
  return values.map((value) => {
    const now = Math.round(value * scale);
    const delta = now - last;
    last = now;
    return delta;
  });
}

function sums(values: readonly number[], scale: number): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum / scale;
  });
}
