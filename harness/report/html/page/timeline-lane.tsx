import type { ScaleLinear } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import type { Timeline } from '../data.js';
import { levelHeight, type Item, type LaneLayout } from './timeline-items.js';

interface Props {
  readonly timeline: Timeline;
  readonly layout: LaneLayout;
  readonly items: readonly Item[];
  readonly x: ScaleLinear<number, number>;
  readonly width: number;
  /** Room on the left for names. */
  readonly gutter: number;
}

/** One lane of a timeline: its marks, and below them what is on or off. */
export function LaneView({ timeline, layout, items, x, width, gutter }: Props) {
  const { top, height, title, lane, chart, levels } = layout;
  return (
    <g class={`lane ${lane}`}>
      <line class="edge" x1={0} x2={width} y1={top} y2={top} />
      <rect class="back" x={0} y={top} width={width} height={height} />
      {chart === undefined ? null : <Scale chart={chart} width={width} gutter={gutter} />}
      <g clip-path="url(#plot)">
        {chart === undefined ? null : <Percents timeline={timeline} chart={chart} x={x} width={width} />}
        {levels.map(({ index, name, top: y }) => (
          <Level key={name} timeline={timeline} index={index} y={y} x={x} width={width} />
        ))}
        <Marks
          items={items.filter((item) => item.lane === lane && item.percent === undefined)}
          y={layout.marks}
          x={x}
          width={width}
        />
      </g>
      {levels.map(({ name, top: y }) => (
        <text key={name} class="level-name" x={gutter - 6} y={y + levelHeight - 5} text-anchor="end">
          {name.length > 14 ? `${name.slice(0, 13)}…` : name}
        </text>
      ))}
      <text class="lane-title" x={4} y={top + 12}>
        {title}
      </text>
    </g>
  );
}

const letter = 6.1;

/** Labels only where there is room: zooming in makes it. */
function Marks({
  items,
  y,
  x,
  width,
}: {
  readonly items: readonly Item[];
  readonly y: number;
  readonly x: Props['x'];
  readonly width: number;
}) {
  const places = items
    .map((item) => ({ item, from: x(item.t), to: x(item.t + item.took) }))
    .filter(({ from, to }) => to >= -4 && from <= width + 4);
  let free = -Infinity;
  return (
    <g>
      {places.map(({ item, from, to }, index) => {
        const size = Math.max(2, Math.min(to, width + 10) - Math.max(from, -10));
        const next = places[index + 1]?.from ?? width;
        const label = item.label;
        const start = Math.max(from, 0) + (item.took > 0 && size > label.length * letter + 8 ? 4 : size + 3);
        const room = start >= free && start + label.length * letter < Math.max(next, to) && start + label.length * letter < width;
        if (room) free = start + label.length * letter + 4;
        return (
          <g key={`${String(item.n)}${item.label}${String(index)}`} class={`event ${item.tone}`}>
            {item.tone === 'bad' ? (
              <path class="bar" d={`M${from.toFixed(1)} ${String(y - 7)}v14M${(from - 3).toFixed(1)} ${String(y - 7)}h6`} />
            ) : (
              <rect class="bar" x={Math.max(from, -10)} y={y - 6} width={size} height={12} rx={size > 6 ? 2 : 0} />
            )}
            {room ? (
              <text x={start} y={y + 4}>
                {label}
              </text>
            ) : null}
          </g>
        );
      })}
    </g>
  );
}

type Chart = { readonly top: number; readonly height: number };

const heightOf = (chart: Chart, percent: number): number =>
  chart.top + chart.height * (1 - Math.max(0, Math.min(100, percent)) / 100);

function Scale({ chart, width, gutter }: { readonly chart: Chart; readonly width: number; readonly gutter: number }) {
  return (
    <g class="percents">
      {[0, 50, 100].map((percent) => (
        <g key={percent}>
          <line class="grid" x1={gutter} x2={width} y1={heightOf(chart, percent)} y2={heightOf(chart, percent)} />
          <text class="tick" x={gutter - 6} y={heightOf(chart, percent) + 4} text-anchor="end">
            {percent} %
          </text>
        </g>
      ))}
    </g>
  );
}

function Percents({
  timeline,
  chart,
  x,
  width,
}: {
  readonly timeline: Timeline;
  readonly chart: { readonly top: number; readonly height: number };
  readonly x: Props['x'];
  readonly width: number;
}) {
  const { percents, attempts } = timeline;
  const y = (percent: number): number => heightOf(chart, percent);
  const path = line<readonly [number, number]>(
    ([t]) => x(t),
    ([, percent]) => y(percent),
  ).curve(curveStepAfter);
  const within = (from: number, to: number): (readonly [number, number])[] =>
    percents.t.flatMap((t, index) => (t >= from && t <= to ? [[t, percents.percent[index] ?? 0] as const] : []));
  const close = percents.t.length > 0 && x(percents.t[1] ?? 0) - x(percents.t[0] ?? 0) > 5;
  return (
    <g class="percents">
      {attempts.map(({ number, from, to }) => {
        const own = within(from, to);
        const last = own.at(-1);
        const left = Math.max(-5, x(from));
        return (
          <g key={number}>
            <rect
              class={`attempt ${number % 2 === 0 ? 'even' : 'odd'}`}
              x={left}
              y={chart.top}
              width={Math.max(1, Math.min(width + 5, x(to)) - left)}
              height={chart.height}
            />
            {attempts.length > 1 ? (
              <text class="attempt-number" x={Math.max(3, left + 3)} y={chart.top + 11}>
                {x(to) - left > 60 ? `attempt ${String(number)}` : x(to) - left > 8 ? number : ''}
              </text>
            ) : null}
            <path class="percent" d={path(last === undefined ? own : [...own, [to, last[1]]]) ?? ''} />
            {close ? own.map(([t, percent]) => <circle key={t} class="percent" cx={x(t)} cy={y(percent)} r={2} />) : null}
          </g>
        );
      })}
    </g>
  );
}

/** A wire or a device as a logic analyser draws it: high is on; thin where nothing is known yet. */
function Level({
  timeline,
  index,
  y,
  x,
  width,
}: {
  readonly timeline: Timeline;
  readonly index: number;
  readonly y: number;
  readonly x: Props['x'];
  readonly width: number;
}) {
  const level = timeline.levels[index];
  if (level === undefined) return null;
  const [high, low] = [y + 4, y + levelHeight - 4];
  const at = (on: boolean): number => (on ? high : low);
  const clamp = (value: number): number => Math.max(-5, Math.min(width + 5, value));
  const changes = level.t.map((t, place) => ({ x: clamp(x(t)), on: level.on[place] ?? false }));
  const begin = level.start ?? undefined;
  const first = changes[0];
  let path = '';
  let now = begin;
  if (begin !== undefined) path = `M${String(clamp(x(0)))} ${String(at(begin))}`;
  for (const change of changes) {
    path +=
      now === undefined ? `M${change.x.toFixed(1)} ${String(at(change.on))}` : `H${change.x.toFixed(1)}V${String(at(change.on))}`;
    now = change.on;
  }
  if (now !== undefined) path += `H${String(clamp(x(timeline.span)))}`;
  const offs = offSpans(begin, changes, clamp(x(timeline.span)));
  return (
    <g class="level">
      {offs.map(([from, to]) => (
        <rect key={from} class="off" x={from} y={high} width={Math.max(1, to - from)} height={low - high} />
      ))}
      {begin === undefined && first !== undefined ? (
        <line class="unknown" x1={clamp(x(0))} x2={first.x} y1={(high + low) / 2} y2={(high + low) / 2} />
      ) : null}
      <path d={path} />
    </g>
  );
}

function offSpans(
  begin: boolean | undefined,
  changes: readonly { readonly x: number; readonly on: boolean }[],
  end: number,
): readonly (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  let since = begin === false ? -5 : undefined;
  for (const { x, on } of changes) {
    if (on && since !== undefined) spans.push([since, x]);
    since = on ? undefined : (since ?? x);
  }
  if (since !== undefined) spans.push([since, end]);
  return spans;
}
