import type { Behaviour } from '../behaviour.js';
import type { Report } from '../core/steps.js';

/** Changes each percentage. */
export function percentages(change: (percent: number) => readonly number[]): NonNullable<Behaviour['reports']> {
  return (sound) =>
    sound.flatMap((report): readonly Report[] =>
      report.kind === 'UPDATING' ? change(report.percent).map((percent) => ({ kind: 'UPDATING', percent })) : [report],
    );
}

/** Loses what matches on one of the two lines. */
export function lostOn(port: 'at' | 'uart', pattern: RegExp): NonNullable<Behaviour['urc']> {
  return (sound, where) => (where === port ? sound.filter((text) => !pattern.test(text)) : sound);
}

/** What is reported. */
export const REPORTS: readonly Behaviour[] = [
  {
    name: 'new-version-no-end',
    summary: 'never reports the end, yet the new version runs',
    owner: 'firmware',
    reports: (sound) => sound.filter((report) => report.kind !== 'END' || report.err !== 0),
  },
  {
    name: 'old-version-no-end',
    summary: 'never reports the end, and still runs the old version',
    owner: 'firmware',
    writesNothing: () => true,
    reports: (sound) => sound.filter((report) => report.kind !== 'END' || report.err !== 0),
  },
  {
    name: 'percent-falls',
    summary: 'percentages fall back in mid-update',
    owner: 'firmware',
    reports: percentages((percent) => [percent >= 50 && percent < 60 ? percent - 25 : percent]),
  },
  {
    name: 'percent-over-100',
    summary: 'percentages go on beyond 100',
    owner: 'firmware',
    reports: percentages((percent) => [percent > 90 ? percent + 15 : percent]),
  },
  {
    name: 'percent-stops-at-50',
    summary: 'percentages stop at 50, and success is reported all the same',
    owner: 'firmware',
    reports: percentages((percent) => (percent > 50 ? [] : [percent])),
  },
  {
    name: 'end0-early',
    summary: 'reports success at 60 %, long before the end',
    owner: 'firmware',
    reports: (sound) =>
      sound.flatMap((report): Report[] => {
        if (report.kind === 'END' && report.err === 0) return [];
        return report.kind === 'UPDATING' && report.percent === 60 ? [report, { kind: 'END', err: 0 }] : [report];
      }),
  },
  {
    name: 'no-start-on-uart',
    summary: 'does not report START on the UART',
    owner: 'firmware',
    urc: lostOn('uart', /"START"/),
  },
  {
    name: 'reports-on-uart-only',
    summary: 'reports an upgrade on the UART only',
    owner: 'firmware',
    urc: lostOn('at', /"FOTA"/),
  },
];
