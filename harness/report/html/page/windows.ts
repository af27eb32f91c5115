import type { WindowFacts } from '../data.js';

const most = 5;

interface Edge {
  readonly from: number;
  readonly to: number;
}

function edge(verb: string, { from, to }: Edge): string {
  return from === to ? `${verb} at ${String(from)} %` : `${verb} between ${String(from)} % and ${String(to)} %`;
}

/** Which percentages fail, how surely, and what becomes of the module there. */
export function windowSentence(window: WindowFacts): string {
  const { dead, known, inside, outside, from, to, failedAt } = window;
  const flashing = window.step === undefined ? 'the flashing' : `the flashing from ${window.step.from} to ${window.step.to}`;
  const effect = `${dead ? 'brick the module' : 'fail'} (${window.endings.join(', ')})`;
  if (known) {
    return (
      `Power cuts ${placeText(window)} of ${flashing} ${effect}: ${String(inside.failed)} of ${String(inside.of)} there, ` +
      `${String(outside.failed)} of ${String(outside.of)} elsewhere. With 95 % the window ${edge('begins', from)} and ${edge('ends', to)}.`
    );
  }
  const places = [...new Set(failedAt)];
  const told = places.slice(0, most).map((percent) => `${String(percent)} %`);
  const more = places.length > most ? ` and ${String(places.length - most)} more places` : '';
  return `Power cuts at ${told.join(', ')}${more} of ${flashing} ${effect}. Too few trials to name a window's edges.`;
}

function placeText({ lowest, highest }: WindowFacts): string {
  return lowest === highest ? `at ${String(lowest)} %` : `from ${String(lowest)} % to ${String(highest)} %`;
}

/** The same on a chart. */
export function windowLabel({ lowest, highest, inside, dead }: WindowFacts): string {
  const place = lowest === highest ? `${String(lowest)} %` : `${String(lowest)}–${String(highest)} %`;
  return `${place} ${dead ? 'bricks' : 'fails'}: ${String(inside.failed)} of ${String(inside.of)}`;
}
