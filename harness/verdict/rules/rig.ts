import { orderOn } from '../facts.js';
import type { UpgradeRecord } from '../types.js';
import type { Rule } from './rule.js';

/** Lines with noise on them that an upgrade must show before its wiring is blamed: a start alone may bring one or two. */
const muchNoise = 10;
const noiseOn = (record: UpgradeRecord, line: string): UpgradeRecord['notUnderstood'] =>
  record.notUnderstood.filter((junk) => junk.line === line && /[^\t\x20-\x7e]/.test(junk.text));

/** One attempt reported before and after this time on a line that does not leave, and nobody touched the power in between. */
function worksThrough(record: UpgradeRecord, t: number): boolean {
  return record.watches
    .filter(({ reenumerates }) => !reenumerates)
    .some(({ line }) =>
      record.attempts.some(({ reports }) => {
        const seen = reports.flatMap((report) => (report.kind === 'updating' ? (orderOn(report, line) ?? []) : []));
        const [before, after] = [seen.findLast((order) => order < t), seen.find((order) => order > t)];
        if (before === undefined || after === undefined) return false;
        return !record.powerActions.some((action) => action.t >= before && action.t <= after);
      }),
    );
}

/** What makes a trial worth nothing, whatever the module did. */
export const rigRules: readonly Rule[] = [
  {
    id: 'rig.fault',
    serves: ['DH-08'],
    title: 'The rig is in order',
    blames: 'rig',
    applies: () => true,
    exercises: () => [],
    check: (record) =>
      record.rigFaults.map((fault) => ({
        owner: 'rig' as const,
        text: fault.what,
        expected: fault.asked ?? 'a rig in order',
        seen: fault.seen ?? 'a fault',
        events: [fault.n],
      })),
  },
  {
    id: 'rig.power',
    serves: ['DH-08'],
    title: 'The switch does what it is told',
    blames: 'rig',
    applies: (record) => record.powerErrors.length > 0,
    exercises: () => [],
    check: (record) =>
      record.powerErrors.map((error) => ({
        owner: 'rig' as const,
        text: 'a power action failed',
        expected: 'done',
        seen: error.error ?? '',
        events: [error.n],
      })),
  },
  {
    id: 'rig.unit',
    serves: ['DH-03'],
    title: 'The unit is the one of the rig',
    blames: 'rig',
    applies: (record) => record.profile?.imei !== undefined && record.before.identity?.imei !== undefined,
    exercises: () => [],
    check(record) {
      const [wanted, seen] = [record.profile?.imei, record.before.identity?.imei];
      if (wanted === seen) return [];
      return [
        {
          owner: 'rig',
          text: 'another unit is on this rig',
          expected: `IMEI ${wanted ?? ''}`,
          seen: `IMEI ${seen ?? ''}`,
          events: [record.startedAt.event],
        },
      ];
    },
  },
  {
    id: 'rig.noise',
    serves: ['DH-08'],
    title: 'No line carries noise',
    blames: 'rig',
    applies: (record) => !record.fromLog && record.watches.length > 1,
    exercises: () => [],
    check: (record) => {
      const quiet = record.watches.some(({ line, reports }) => reports >= muchNoise && noiseOn(record, line).length === 0);
      // Without another line that is clean it cannot be told whether the module writes so.
      if (!quiet) return [];
      return record.watches.flatMap(({ line, reports, reenumerates }) => {
        const noise = noiseOn(record, line);
        if (reenumerates || noise.length < muchNoise || noise.length * 5 < reports) return [];
        return [
          {
            owner: 'rig' as const,
            text: `line ${line} carries noise, while another line is clean`,
            expected: 'what the module writes',
            seen: `${String(noise.length)} lines with bytes that no module writes`,
            events: noise.slice(0, 6).map(({ event }) => event),
          },
        ];
      });
    },
  },
  {
    id: 'rig.usb',
    serves: ['DH-08'],
    title: 'The USB device stays while the module works on',
    blames: 'undecided',
    applies: (record) => !record.fromLog && record.watches.length > 1,
    exercises: () => [],
    check(record) {
      const gone = record.departures.filter(({ t }) => worksThrough(record, t));
      if (gone.length < 2) return [];
      return [
        {
          owner: 'undecided',
          text: 'the USB device left again and again while the module worked on: its plug, cable or hub, or its own USB',
          expected: 'leaves when the module reboots',
          seen: `left ${String(gone.length)} times between two percentages of one attempt on the UART`,
          events: gone.slice(0, 6).map(({ event }) => event),
        },
      ];
    },
  },
  {
    id: 'harness.watched',
    serves: ['DH-08'],
    title: 'The upgrade was watched to its end',
    blames: 'harness',
    applies: (record) => !record.fromLog,
    exercises: () => [],
    check(record) {
      const { stopped } = record;
      const events = [record.startedAt.event, stopped?.event];
      const base = { text: 'the upgrade was not watched to its end', expected: 'a watch until normal mode or the limit', events };
      if (stopped === undefined) return [{ ...base, owner: 'harness', seen: 'the journal ends or goes on without it' }];
      if (stopped.why === 'interrupted') return [{ ...base, owner: 'harness', seen: `interrupted: ${stopped.detail ?? ''}` }];
      if (stopped.why === 'rig-fault' && record.rigFaults.length === 0)
        return [{ ...base, owner: 'rig', seen: stopped.detail ?? 'a fault of the rig' }];
      return [];
    },
  },
];
