import type { WindowFacts } from '../data.js';

interface Edge {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

const vague = 10;

/** Its edges are known well enough to name them. */
export function isKnown({ from, to }: WindowFacts): boolean {
  return from.to - from.from <= vague && to.to - to.from <= vague;
}

function edge({ at, from, to }: Edge): string {
  return from === to ? `${String(at)} %` : `${String(at)} % (95 %: ${String(from)}–${String(to)} %)`;
}

/** Which percentages fail, how surely, and what becomes of the module there. */
export function windowSentence(window: WindowFacts): string {
  const { dead, from, to, inside, outside, endings } = window;
  const effect = dead ? 'brick the module' : 'fail';
  const how = `${endings.join(', ')}; ${String(inside.failed)} of ${String(inside.of)} inside, ${String(outside.failed)} of ${String(outside.of)} outside`;
  if (isKnown(window)) return `Power cuts between ${edge(from)} and ${edge(to)} of the flashing ${effect} (${how}).`;
  const place = from.at === to.at ? `at ${String(from.at)} %` : `between ${String(from.at)} % and ${String(to.at)} %`;
  return `Power cuts ${place} of the flashing ${effect} (${how}). The edges are not narrowed: anywhere from ${String(from.from)} % to ${String(to.to)} %.`;
}

/** The same on a chart. */
export function windowLabel(window: WindowFacts): string {
  const { from, to, inside, dead } = window;
  const place = from.at === to.at ? `${String(from.at)} %` : `${String(from.at)}–${String(to.at)} %`;
  return `${place} ${dead ? 'bricks' : 'fails'}: ${String(inside.failed)} of ${String(inside.of)}`;
}
