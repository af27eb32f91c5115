import type { Behaviour } from '../behaviour.js';
import type { Report } from '../core/steps.js';

/** Changes each percentage. */
function percentages(change: (percent: number) => readonly Report[]): NonNullable<Behaviour['reports']> {
  return (sound) => sound.flatMap((report) => (report.kind === 'UPDATING' ? change(report.percent) : [report]));
}

const updating = (percent: number): Report => ({ kind: 'UPDATING', percent });

/** What is reported, and how it is written. */
export const REPORTS: readonly Behaviour[] = [
  {
    name: 'new-version-no-end',
    summary: 'never reports the end, yet the new version runs',
    owner: 'firmware',
    reports: (sound) => sound.filter((report) => report.kind !== 'END' || report.err !== 0),
  },
  {
    name: 'percent-falls',
    summary: 'percentages fall back in mid-update',
    owner: 'firmware',
    reports: percentages((percent) => [updating(percent >= 50 && percent < 60 ? percent - 25 : percent)]),
  },
  {
    name: 'percent-over-100',
    summary: 'percentages go on beyond 100',
    owner: 'firmware',
    reports: percentages((percent) => [updating(percent > 90 ? percent + 15 : percent)]),
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
    name: 'urc-glued',
    summary: 'writes reports without line ends between them',
    owner: 'firmware',
    urc: (sound) => sound.map((text) => text.replace(/\r\n/g, '')),
  },
  {
    name: 'urc-garbled',
    summary: 'one report in four has junk in it or is cut short',
    owner: 'firmware',
    urc: (sound, _port, dice) =>
      sound.map((text) => {
        if (dice.whole(0, 3) > 0) return text;
        const at = dice.whole(2, text.length - 3);
        return dice.whole(0, 1) === 0
          ? text.slice(0, at)
          : text.slice(0, at) + dice.bytes(3).toString('latin1') + text.slice(at + 2);
      }),
  },
  {
    name: 'urc-doubled',
    summary: 'writes each report twice',
    owner: 'firmware',
    urc: (sound) => sound.flatMap((text) => [text, text]),
  },
];
