import { useMemo, useState } from 'preact/hooks';
import type { Outcome } from '../data.js';
import { layOut, zoneNames, type Bin, type MapLayout, type Stack } from './cut-layout.js';
import { askedText, plural } from './format.js';
import { toneOf, wordOf } from './marks.js';
import { keep, upgradeHref } from './router.js';
import { data } from './store.js';
import { freshTable, type TableState } from './table.js';
import { useWidth } from './width.js';
import { windowLabel } from './windows.js';

const head = 30;
const foot = 46;
/** Names that stand upright need more room below the axis. */
const turnedFoot = 72;
const turnedBelow = 58;
const rowGap = 22;
const highest = 74;
const mark = 8;

interface Row {
  readonly title: string;
  readonly outcome: Outcome | 'asked';
  readonly stacks: readonly Stack[];
  readonly most: number;
  readonly top: number;
  readonly height: number;
}

/** All cuts with one point: where each fell, and what came of it. */
export function CutMap({ trials }: { readonly trials: readonly number[] }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const layout = useMemo(() => layOut(data.trials, trials, width), [trials, width]);
  const [told, setTold] = useState('');
  const { rows, height } = rowsOf(layout);
  const base = height - footOf(layout);
  return (
    <figure class="cut-map" ref={ref}>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        role="group"
        aria-label={describe(layout)}
      >
        <Windows layout={layout} top={head - 4} height={base - head + 4} width={width} />
        {rows.map((row) => (
          <MapRow key={row.outcome} row={row} tell={setTold} />
        ))}
        <Axis layout={layout} y={base} />
      </svg>
      <p class="readout" aria-hidden="true">
        {told === '' ? 'Point at a mark to read it; a failed cut opens its trial, any other mark lists its cuts below.' : told}
      </p>
    </figure>
  );
}

function rowsOf(layout: MapLayout): { rows: readonly Row[]; height: number } {
  let y = head;
  const all = [
    ...layout.rows.map(({ outcome, stacks, most }) => ({ title: wordOf(outcome), outcome, stacks, most })),
    { title: 'asked', outcome: 'asked' as const, stacks: layout.asked, most: layout.askedMost },
  ];
  const rows = all.map((row) => {
    const height =
      row.outcome === 'asked' ? Math.min(28, 6 + row.most * 4) : Math.max(mark + 4, Math.min(highest, row.most * (mark + 1)));
    y += rowGap;
    const placed = { ...row, top: y, height };
    y += height;
    return placed;
  });
  return { rows, height: y + 8 + footOf(layout) };
}

function footOf({ bins }: MapLayout): number {
  return bins.some(({ zone, width }) => zone !== 'flash' && width < turnedBelow) ? turnedFoot : foot;
}

function describe(layout: MapLayout): string {
  const counts = layout.rows.map(
    ({ outcome, stacks }) => `${String(stacks.reduce((sum, { trials }) => sum + trials.length, 0))} ${wordOf(outcome)}`,
  );
  return `Map of the power cuts along the upgrade: ${counts.join(', ')}. ${data.windows
    .filter(({ known }) => known)
    .map(windowLabel)
    .join('. ')}`;
}

function Windows({
  layout,
  top,
  height,
  width,
}: {
  readonly layout: MapLayout;
  readonly top: number;
  readonly height: number;
  readonly width: number;
}) {
  const { from, to } = layout.flash;
  const step = (to - from) / 101;
  return (
    <g class="windows">
      {data.windows
        .filter(({ known }) => known)
        .map((window) => {
          const [left, right] = [from + window.lowest * step, from + (window.highest + 1) * step];
          const [outerLeft, outerRight] = [from + window.from.from * step, from + (window.to.to + 1) * step];
          const middle = (left + right) / 2;
          const anchor = middle < width * 0.25 ? 'start' : middle > width * 0.75 ? 'end' : 'middle';
          const x = anchor === 'start' ? left : anchor === 'end' ? right : middle;
          return (
            <g key={window.trial}>
              <rect class="doubt" x={outerLeft} y={top} width={outerRight - outerLeft} height={height} />
              <rect class="sure" x={left} y={top} width={right - left} height={height} />
              <text x={x} y={top - 8} text-anchor={anchor}>
                {windowLabel(window)}
              </text>
            </g>
          );
        })}
    </g>
  );
}

function MapRow({ row, tell }: { readonly row: Row; readonly tell: (text: string) => void }) {
  const { title, outcome, stacks, top, height, most } = row;
  const total = stacks.reduce((sum, { trials }) => sum + trials.length, 0);
  const asDots = outcome !== 'asked' && most * (mark + 1) <= highest;
  return (
    <g class={`row ${outcome === 'asked' ? 'asked' : toneOf(outcome)}`}>
      <text class="row-title" x={0} y={top - 7}>
        {title} <tspan class="n">{total.toLocaleString('en')}</tspan>
      </text>
      <line class="ground" x1={0} x2="100%" y1={top + height} y2={top + height} />
      {stacks.map((stack) => {
        const say = (): void => {
          tell(sayStack(stack, outcome));
        };
        return (
          <g key={`${stack.bin.zone}${String(stack.bin.percent)}`} onMouseEnter={say} onFocusIn={say}>
            {asDots ? <Dots stack={stack} outcome={outcome} ground={top + height} /> : <Bar stack={stack} row={row} />}
          </g>
        );
      })}
    </g>
  );
}

function Bar({ stack, row }: { readonly stack: Stack; readonly row: Row }) {
  const { bin, trials } = stack;
  const size = Math.max(2, (trials.length / row.most) * row.height);
  const width = Math.max(1.5, Math.min(bin.width - (bin.width > 4 ? 1 : 0), 26));
  const y = row.top + row.height - size;
  const body = <rect class="bar" x={bin.x - width / 2} y={y} width={width} height={size} />;
  if (row.outcome === 'asked') return body;
  return (
    <g
      class="clickable"
      onClick={() => {
        narrow(stack, row.outcome);
      }}
    >
      <rect class="catch" x={bin.x - bin.width / 2} y={row.top} width={bin.width} height={row.height} />
      {body}
      {bin.zone === 'flash' ? null : (
        <text class="n" x={bin.x} y={y - 3} text-anchor="middle">
          {trials.length}
        </text>
      )}
    </g>
  );
}

function Dots({
  stack,
  outcome,
  ground,
}: {
  readonly stack: Stack;
  readonly outcome: Outcome | 'asked';
  readonly ground: number;
}) {
  const { bin, trials } = stack;
  const across = bin.zone === 'flash' ? 1 : Math.max(1, Math.floor((bin.width - 6) / (mark + 1)));
  return (
    <>
      {trials.map((trial, index) => {
        const [column, level] = [index % across, Math.floor(index / across)];
        const inLevel = Math.min(across, trials.length - level * across);
        const x = bin.x + (column - (inLevel - 1) / 2) * (mark + 1);
        const y = ground - 1 - mark / 2 - level * (mark + 1);
        const shape = <path class="dot" d={shapeOf(outcome)} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`} />;
        const upgrade = data.trials.upgrade[trial] ?? -1;
        if (outcome !== 'failed' || upgrade < 0)
          return (
            <g
              key={trial}
              class="clickable"
              onClick={() => {
                narrow(stack, outcome);
              }}
            >
              {shape}
            </g>
          );
        return (
          <a key={trial} href={upgradeHref(upgrade)} aria-label={sayTrial(trial)}>
            <circle class="catch" cx={x} cy={y} r={8} />
            {shape}
          </a>
        );
      })}
    </>
  );
}

/** A cross, a triangle, an open circle, a disc: the outcome can be told without colour. */
function shapeOf(outcome: Outcome | 'asked'): string {
  const r = mark / 2;
  switch (toneOf(outcome)) {
    case 'fail':
      return `M${String(-r)} ${String(-r)}L${String(r)} ${String(r)}M${String(r)} ${String(-r)}L${String(-r)} ${String(r)}`;
    case 'invalid':
      return `M0 ${String(-r)}L${String(r)} ${String(r)}H${String(-r)}Z`;
    case 'doubt':
      return `M0 ${String(-r)}L${String(r)} 0L0 ${String(r)}L${String(-r)} 0Z`;
    default:
      return `M${String(-r)} 0a${String(r)} ${String(r)} 0 1 0 ${String(mark)} 0a${String(r)} ${String(r)} 0 1 0 ${String(-mark)} 0`;
  }
}

function placeText({ zone, percent }: Bin): string {
  return percent === undefined ? zoneNames[zone] : `${String(percent)} % of the flashing`;
}

function sayStack({ bin, trials }: Stack, outcome: Outcome | 'asked'): string {
  const [first] = trials;
  if (trials.length === 1 && first !== undefined && outcome !== 'asked') return sayTrial(first);
  return `${placeText(bin)}: ${plural(trials.length, 'cut')} ${outcome === 'asked' ? 'asked for' : wordOf(outcome)}`;
}

function sayTrial(trial: number): string {
  const { id, asked, achieved, outcome, upgrade, source } = data.trials;
  const ending = data.upgrades.ending[upgrade[trial] ?? -1];
  return `${wordOf(outcome[trial] ?? '')}: ${id[trial] ?? ''} over ${source[trial] ?? ''}, asked ${askedText(asked[trial] ?? '')}, achieved ${achieved[trial] ?? ''}${ending === undefined ? '' : `, ended ${ending}`}`;
}

/** Lists the cuts of one mark in the table below. */
function narrow({ bin, trials }: Stack, outcome: Outcome | 'asked'): void {
  const state: TableState = { ...freshTable, only: { rows: trials, what: `${wordOf(outcome)} at ${placeText(bin)}` } };
  keep('trials', state);
  document.getElementById('trials')?.scrollIntoView({ block: 'start' });
}

function Axis({ layout, y }: { readonly layout: MapLayout; readonly y: number }) {
  const { from, to } = layout.flash;
  const step = (to - from) / 101;
  const wide = to - from > 420;
  const ticks = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100].filter(
    (percent) => wide || percent % 25 === 0 || percent % 50 === 0,
  );
  return (
    <g class="axis">
      {ticks.map((percent) => (
        <g key={percent}>
          <line x1={from + (percent + 0.5) * step} x2={from + (percent + 0.5) * step} y1={y} y2={y + 5} />
          <text x={from + (percent + 0.5) * step} y={y + 17} text-anchor={percent === 100 && !wide ? 'end' : 'middle'}>
            {percent}
            {percent === 100 || percent === 0 ? ' %' : ''}
          </text>
        </g>
      ))}
      <text class="title" x={(from + to) / 2} y={y + 33} text-anchor="middle">
        {wide ? 'flashing, percentage reported last before power went' : 'flashing, %'}
      </text>
      {layout.bins
        .filter(({ zone }) => zone !== 'flash')
        .map(({ zone, x, width }) =>
          width < turnedBelow ? (
            <text
              key={zone}
              class="zone"
              text-anchor="end"
              transform={`translate(${String(x + 4)} ${String(y + 8)}) rotate(-90)`}
            >
              {zoneNames[zone]}
            </text>
          ) : (
            <text key={zone} class="zone" x={x} y={y + 17} text-anchor="middle">
              {zoneNames[zone]}
            </text>
          ),
        )}
    </g>
  );
}
