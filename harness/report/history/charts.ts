/** Small charts as SVG, without scripts: what they show stands in the table beside them as well. Pure. */
import { text } from '../static-page.js';

const size = { width: 560, height: 150, left: 52, right: 10, top: 10, bottom: 24 };
const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

export interface Axis {
  /** Where a value stands, 0 at the bottom and 1 at the top. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
  readonly label: (value: number) => string;
}

/** From 0 to a round number above the largest value. */
export function linear(largest: number, label: (value: number) => string): Axis {
  const top = roundUp(largest);
  return { place: (value) => value / top, ticks: [0, top / 2, top], label };
}

/** In decades; `from` and `to` are powers of ten. */
export function decades(from: number, to: number, label: (value: number) => string): Axis {
  const [low, high] = [Math.log10(from), Math.log10(to)];
  const ticks = Array.from({ length: Math.round(high - low) + 1 }, (_, index) => 10 ** (low + index));
  return { place: (value) => (Math.log10(Math.max(value, from)) - low) / (high - low), ticks, label };
}

/** 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 5, 10] as const).find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10) * power;
}

interface Frame {
  readonly title: string;
  /** One name for each place from left to right. */
  readonly nights: readonly string[];
  readonly axis: Axis;
}

export interface Bars extends Frame {
  /** Stacked from the bottom, a class and a number for each. */
  readonly stacks: readonly (readonly { readonly kind: string; readonly value: number }[])[];
}

export function barChart({ stacks, ...frame }: Bars): string {
  const wide = Math.max(2, Math.min(26, (inner.width / Math.max(frame.nights.length, 1)) * 0.7));
  const bars = stacks.flatMap((stack, index) => {
    let under = 0;
    return stack.map(({ kind, value }) => {
      const [low, high] = [yOf(frame.axis, under), yOf(frame.axis, under + value)];
      under += value;
      if (value === 0) return '';
      const title = `<title>${text(`${frame.nights[index] ?? ''}: ${String(value)} ${kind}`)}</title>`;
      return `<rect class="${kind}" x="${at(xOf(frame, index) - wide / 2)}" y="${at(high)}" width="${at(wide)}" height="${at(low - high)}">${title}</rect>`;
    });
  });
  return chart(frame, bars);
}

export interface Point {
  readonly value: number;
  /** Where the middle half lies. */
  readonly from?: number;
  readonly to?: number;
}

export interface Lines extends Frame {
  /** A name, a number for its colour, and a point for each night that has one. */
  readonly series: readonly { readonly name: string; readonly points: readonly (Point | undefined)[] }[];
}

export function lineChart({ series, ...frame }: Lines): string {
  const parts = series.flatMap(({ name, points }, number) => {
    const kind = `series s${String(number % 6)}`;
    const known = points.flatMap((point, index) => (point === undefined ? [] : [{ point, index }]));
    const path = known.map(({ point, index }) => `${at(xOf(frame, index))},${at(yOf(frame.axis, point.value))}`).join(' ');
    const spreads = known.flatMap(({ point: { from, to }, index }) =>
      from === undefined || to === undefined
        ? []
        : [
            `<line class="spread" x1="${at(xOf(frame, index))}" x2="${at(xOf(frame, index))}" y1="${at(yOf(frame.axis, from))}" y2="${at(yOf(frame.axis, to))}"/>`,
          ],
    );
    const dots = known.map(({ point, index }) => {
      const title = `<title>${text(`${frame.nights[index] ?? ''}: ${name} ${frame.axis.label(point.value)}`)}</title>`;
      return `<circle cx="${at(xOf(frame, index))}" cy="${at(yOf(frame.axis, point.value))}" r="3">${title}</circle>`;
    });
    return [`<g class="${kind}"><polyline points="${path}"/>`, ...spreads, ...dots, '</g>'];
  });
  const legend =
    series.length < 2
      ? ''
      : `<p class="legend">${series.map(({ name }, number) => `<span class="s${String(number % 6)}">${text(name)}</span>`).join(' ')}</p>`;
  return chart(frame, parts, legend);
}

function chart({ title, nights, axis }: Frame, parts: readonly string[], below = ''): string {
  const lines = axis.ticks.map((tick) => {
    const y = at(yOf(axis, tick));
    return `<line class="grid" x1="${String(size.left)}" x2="${String(size.width - size.right)}" y1="${y}" y2="${y}"/><text class="tick" x="${String(size.left - 5)}" y="${y}" dy=".32em">${text(axis.label(tick))}</text>`;
  });
  const y = String(size.height - 7);
  const [first = '', last = ''] = [nights[0], nights.at(-1)];
  const ends = [
    `<text class="end" x="${String(size.left)}" y="${y}">${text(first)}</text>`,
    ...(nights.length < 2 ? [] : [`<text class="end last" x="${String(size.width - size.right)}" y="${y}">${text(last)}</text>`]),
  ];
  const box = `viewBox="0 0 ${String(size.width)} ${String(size.height)}"`;
  return `<figure><figcaption>${text(title)}</figcaption><svg ${box} role="img" aria-label="${text(title)}">${[...lines, ...parts, ...ends].join('')}</svg>${below}</figure>`;
}

const at = (value: number): string => String(Math.round(value * 10) / 10);
const yOf = (axis: Axis, value: number): number => size.top + inner.height * (1 - Math.min(1, Math.max(0, axis.place(value))));

/** A single night stands in the middle. */
function xOf({ nights }: Frame, index: number): number {
  return size.left + ((index + 0.5) / Math.max(nights.length, 1)) * inner.width;
}
