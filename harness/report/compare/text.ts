import { printable } from '../../verdict/text.js';
import type { Change, Comparison, Direction } from './compare.js';

export interface Named {
  readonly before: string;
  readonly after: string;
}

/** Worst first. */
export const directions: readonly (readonly [Direction, string])[] = [
  ['worse', 'Worse'],
  ['weaker', 'Not shown any more'],
  ['better', 'Better'],
  ['other', 'Otherwise different'],
];

/** `1 change for the worse` */
export function worse({ changes }: Comparison): string {
  const count = changes.filter(({ direction }) => direction === 'worse').length;
  return `${String(count)} ${count === 1 ? 'change' : 'changes'} for the worse`;
}

export function headline(comparison: Comparison): string {
  const { regression, changes } = comparison;
  if (regression) return `REGRESSION: ${worse(comparison)}`;
  return changes.length === 0 ? 'nothing has changed' : 'nothing is worse';
}

export function comparisonText(comparison: Comparison, { before, after }: Named): string {
  const { changes, tests, remarks } = comparison;
  return [
    `${after} compared with ${before}: ${headline(comparison)}`,
    `tests: ${String(tests.both)} in both, ${String(tests.gone)} only before, ${String(tests.fresh)} only now`,
    ...remarks.map((remark) => `note: ${printable(remark)}`),
    ...directions.flatMap(([direction, title]) => {
      const own = changes.filter((change) => change.direction === direction);
      return own.length === 0 ? [] : ['', `${title}:`, ...own.map(changeText)];
    }),
    '',
  ].join('\n');
}

function changeText({ what, rig, name, before, after, detail }: Change): string {
  const where = rig === undefined ? '' : `${rig} `;
  return `  ${what.padEnd(12)}${printable(`${where}${name}`)}: ${before} → ${after}${detail === '' ? '' : `\n              ${printable(detail)}`}`;
}
