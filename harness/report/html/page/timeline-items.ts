import { lanes, type Lane, type Timeline, type Tone } from '../data.js';

/** One thing on a timeline that can be pointed at, stepped to and read. */
export interface Item {
  readonly lane: Lane;
  readonly t: number;
  readonly took: number;
  readonly n: number;
  readonly tone: Tone;
  readonly label: string;
  readonly text: string;
  /** Of a percentage. */
  readonly percent: number | undefined;
}

/** Events and percentages of a timeline in one order. */
export function itemsOf({ events, percents }: Timeline): readonly Item[] {
  const items: Item[] = events.t.map((t, index) => ({
    lane: lanes[events.lane[index] ?? 0] ?? 'harness',
    t,
    took: events.took[index] ?? 0,
    n: events.n[index] ?? 0,
    tone: events.tone[index] ?? '',
    label: events.label[index] ?? '',
    text: events.text[index] ?? '',
    percent: undefined,
  }));
  const told = percents.t.map((t, index): Item => {
    const percent = percents.percent[index] ?? 0;
    return {
      lane: 'report',
      t,
      took: 0,
      n: percents.n[index] ?? 0,
      tone: '',
      label: `${String(percent)} %`,
      text: `UPDATING ${String(percent)} %`,
      percent,
    };
  });
  return [...items, ...told].sort((a, b) => a.t - b.t);
}

export interface LaneLayout {
  readonly lane: Lane;
  readonly title: string;
  readonly top: number;
  readonly height: number;
  /** Where its marks stand. */
  readonly marks: number;
  /** Of the chart of percentages. */
  readonly chart: { readonly top: number; readonly height: number } | undefined;
  readonly levels: readonly { readonly index: number; readonly name: string; readonly top: number }[];
}

const titles: Readonly<Record<Lane, string>> = {
  report: 'Reports and percentages',
  at: 'AT dialogue',
  usb: 'USB presence',
  power: 'Supply, PWRKEY, STATUS',
  server: 'Server transfers',
  harness: 'Harness',
};
export const levelHeight = 18;
const titleHeight = 17;
const marksHeight = 17;
const chartHeight = 86;

/** Which lanes a timeline has and where they stand; one with nothing in it is left out. */
export function laneLayout(
  timeline: Timeline,
  items: readonly Item[],
  top: number,
): { readonly lanes: readonly LaneLayout[]; readonly bottom: number } {
  let y = top;
  const found: LaneLayout[] = [];
  for (const lane of lanes) {
    const levels = timeline.levels.map((level, index) => ({ ...level, index })).filter((level) => level.lane === lane);
    if (levels.length === 0 && !items.some((item) => item.lane === lane)) continue;
    const start = y;
    y += titleHeight;
    const marks = y + marksHeight / 2;
    y += marksHeight;
    const chart = lane === 'report' && timeline.percents.t.length > 0 ? { top: y + 3, height: chartHeight } : undefined;
    if (chart !== undefined) y += chartHeight + 6;
    const placed = levels.map(({ index, name }) => {
      const level = { index, name, top: y };
      y += levelHeight;
      return level;
    });
    y += 7;
    found.push({ lane, title: titles[lane], top: start, height: y - start, marks, chart, levels: placed });
  }
  return { lanes: found, bottom: y };
}
