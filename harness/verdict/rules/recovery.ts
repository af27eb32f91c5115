import {
  continuous,
  eventsOf,
  isLocal,
  isRecovery,
  list,
  orderOn,
  ownerOfNumber,
  quoted,
  runs,
  sharedLine,
  wasAccepted,
  watchedToTheEnd,
} from '../facts.js';
import type { Attempt, SeenReport, UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

const progress = (attempt: Attempt): readonly SeenReport[] =>
  attempt.reports.filter((report) => report.kind === 'updating' && typeof report.value === 'number');
const shown = (record: UpgradeRecord): readonly SeenReport[] => record.attempts.flatMap(progress);

/** From here on a percentage counts as the end: logs of the guide and of practice stop at 91, 96 and 100. */
const nearlyDone = 90;

export const recoveryRules: readonly Rule[] = [
  {
    id: 'percent.range',
    serves: ['DG-12'],
    title: 'Percentages are 0 to 100',
    blames: 'firmware',
    applies: (record) => shown(record).length > 0,
    check(record) {
      const wrong = shown(record).filter(
        ({ value, doubtful }) => !doubtful && typeof value === 'number' && (value < 0 || value > 100),
      );
      if (wrong.length === 0) return [];
      return [
        {
          owner: wrong.some((report) => ownerOfNumber(record, report) === 'firmware') ? 'firmware' : 'undecided',
          text: 'a percentage is out of range',
          expected: '0 to 100',
          seen: list(wrong.map(({ value }) => value)),
          events: eventsOf(wrong),
        },
      ];
    },
  },
  {
    id: 'percent.rising',
    serves: ['DG-12'],
    title: 'Percentages never fall within one attempt',
    blames: 'firmware',
    applies: (record) => record.attempts.some((attempt) => progress(attempt).length > 1),
    check: (record) => record.attempts.flatMap((attempt) => falls(record, attempt)),
  },
  {
    id: 'percent.complete',
    serves: ['DG-12'],
    title: 'Percentages reach the end before END,0',
    blames: 'firmware',
    applies: (record) => completion(record) !== undefined,
    check(record) {
      const found = completion(record);
      if (found === undefined || Number(found.last.value) >= nearlyDone) return [];
      return [
        {
          owner: 'firmware',
          text: 'END,0 came before the percentages had reached the end',
          expected: `at least ${String(nearlyDone)} before END,0`,
          seen: `${String(found.last.value)}, then ${quoted(found.end)}`,
          events: eventsOf([found.last, found.end]),
        },
      ];
    },
  },
  {
    id: 'end.code',
    serves: ['DG-19'],
    title: 'END carries 0 or a code of a failed upgrade',
    blames: 'firmware',
    applies: (record) => record.reports.some(({ kind, value }) => kind === 'end' && value !== undefined),
    check(record) {
      // 501–546 and 1 (backup area) are documented for this family; 5xx at large is taken.
      const wrong = record.reports.filter(
        ({ kind, value, doubtful }) =>
          kind === 'end' && !doubtful && typeof value === 'number' && value !== 0 && value !== 1 && Math.floor(value / 100) !== 5,
      );
      return wrong.map((report) => ({
        owner: ownerOfNumber(record, report),
        text: 'END carries a code that is none of an upgrade',
        expected: '0, or 504, 505 or another 5xx',
        seen: quoted(report),
        events: report.events,
      }));
    },
    exercises: (record) => (record.reports.some(({ kind, value }) => kind === 'end' && value !== 0) ? ['DG-19'] : []),
  },
  {
    id: 'reboot.recovery',
    serves: ['DG-11'],
    title: 'After the download the module reboots into recovery by itself; its USB devices leave and come back',
    blames: 'firmware',
    applies: (record) =>
      watchedToTheEnd(record) &&
      wasAccepted(record) &&
      record.powerActions.length === 0 &&
      usbLines(record).length > 0 &&
      record.reports.some(isRecovery),
    check(record) {
      const held: Held[] = [];
      const usb = usbLines(record);
      const left = record.departures.filter(({ line }) => usb.includes(line));
      const opening = record.reports.find(isRecovery) as SeenReport;
      if (left.length === 0 && runs(record) === 'new') {
        held.push({
          owner: 'firmware',
          text: 'the new version runs, yet the USB devices never left',
          expected: 'the AT line leaves and comes back',
          seen: `line ${list(usb)} stayed`,
          events: [opening.events[0]],
        });
      }
      const end = record.reports.find(({ kind }) => kind === 'download-end');
      const start = record.reports.find(({ kind }) => kind === 'download-start');
      if (!isLocal(record) && end !== undefined && start !== undefined) {
        const early = left.find(({ t }) => t > start.order && t < end.order);
        const rebooted = record.reports.find(
          ({ kind, value, order }) => kind === 'boot' && value === 'RDY' && order > start.order && order < end.order,
        );
        if (rebooted !== undefined)
          held.push({
            owner: 'firmware',
            text: 'the module rebooted in mid-download',
            expected: 'reboot after the download',
            seen: `${quoted(start)}, RDY, ${quoted(end)}`,
            events: eventsOf([start, rebooted, end]),
          });
        else if (early !== undefined)
          held.push({
            owner: 'undecided',
            text: 'the AT line left in mid-download: the module or its cable',
            expected: 'leaves after the download',
            seen: `line ${early.line} left before ${quoted(end)}`,
            events: [early.event, end.events[0]],
          });
      }
      return held;
    },
  },
  {
    id: 'reboot.back',
    serves: ['DG-11'],
    title: 'A line that leaves with the module comes back with it',
    blames: 'undecided',
    applies: (record) =>
      watchedToTheEnd(record) &&
      record.timed &&
      wasAccepted(record) &&
      record.stopped?.why === 'normal-mode' &&
      record.departures.length > 0,
    exercises: () => [],
    check(record) {
      const boot = record.profile?.limits.boot;
      return record.watches.flatMap(({ line }) => {
        const left = record.departures.findLast((departure) => departure.line === line);
        if (left === undefined || boot === undefined || record.arrivals.some(({ line: back, t }) => back === line && t > left.t))
          return [];
        if ((record.stoppedAt ?? left.t) - left.t < boot) return [];
        return [
          {
            owner: 'undecided' as const,
            text: `line ${line} left with the module and did not come back, though the module answers: its USB, the cable or the host`,
            expected: `line ${line} within ${String(Math.round(boot / 1000))} s`,
            seen: 'normal mode on another line',
            events: [left.event, record.stopped?.event],
          },
        ];
      });
    },
  },
  {
    id: 'witness.agree',
    serves: ['DG-12'],
    title: 'The lines do not contradict each other',
    blames: 'undecided',
    applies: (record) => record.watches.length > 1 && record.attempts.some(({ ends }) => ends.length > 0),
    exercises: () => [],
    check: (record) =>
      record.attempts.flatMap((attempt) => {
        const ends = attempt.reports.filter(({ kind, value }) => kind === 'end' && value !== undefined);
        const [one, other] = [ends.find(({ value }) => value === 0), ends.find(({ value }) => value !== 0)];
        if (one === undefined || other === undefined || sharedLine(one, other) !== undefined) return [];
        return [
          {
            owner: 'undecided' as const,
            text: 'two lines tell different ends of one attempt',
            expected: 'the same END on every line',
            seen: `${quoted(one)} on ${list(one.lines)}, ${quoted(other)} on ${list(other.lines)}`,
            events: eventsOf([one, other]),
          },
        ];
      }),
  },
];

/** Lines that leave the bus with the module, and that were there: they carried something of this upgrade. */
function usbLines(record: UpgradeRecord): readonly string[] {
  return record.watches.filter(({ reenumerates, reports }) => reenumerates && reports > 0).map(({ line }) => line);
}

/** A fall that one line carried by itself; across lines the order is not certain. */
function falls(record: UpgradeRecord, attempt: Attempt): Held[] {
  const seen = progress(attempt).filter(({ doubtful }) => !doubtful);
  for (const [index, report] of seen.entries()) {
    const higher = seen
      .slice(0, index)
      .findLast((before) => Number(before.value) > Number(report.value) && sharedLine(before, report) !== undefined);
    if (higher === undefined) continue;
    const next = seen.slice(index + 1).find((after) => sharedLine(higher, after) !== undefined);
    const between = [...record.departures, ...record.arrivals].some(({ t }) => t > higher.order && t <= report.order);
    const shortened = lacksDigits(Number(report.value), Number(higher.value), next === undefined ? 100 : Number(next.value));
    return [
      {
        // A module that left and came back may have begun again without our seeing its START; a number may have been cut short.
        owner: between || shortened ? 'undecided' : ownerOfNumber(record, report),
        text: shortened
          ? 'the percentage fell within one attempt, or its number lost a digit'
          : 'the percentage fell within one attempt',
        expected: `at least ${String(higher.value)}`,
        seen: `${String(higher.value)}, then ${String(report.value)}`,
        events: eventsOf([higher, report]),
      },
    ];
  }
  return [];
}

/** One number between two that rise is what is left of one that would fit: 36, 3, 38. */
function lacksDigits(value: number, before: number, after: number): boolean {
  for (let fits = before; fits <= after; fits += 1) if (fits !== value && String(fits).startsWith(String(value))) return true;
  return false;
}

/** The last percentage before END,0, on a line that was open between the two and had carried progress. */
function completion(record: UpgradeRecord): { readonly last: SeenReport; readonly end: SeenReport } | undefined {
  for (const attempt of record.attempts) {
    const at = attempt.reports.findIndex(({ kind, value }) => kind === 'end' && value === 0);
    const end = attempt.reports[at];
    const last = attempt.reports
      .slice(0, Math.max(at, 0))
      .findLast(({ kind, value, doubtful }) => kind === 'updating' && typeof value === 'number' && !doubtful);
    if (end === undefined || last === undefined) continue;
    const highest = Math.max(...progress(attempt).map(({ value }) => Number(value)));
    const watch = record.watches.find((candidate) => {
      const [from, to] = [orderOn(last, candidate.line), orderOn(end, candidate.line)];
      return from !== undefined && to !== undefined && continuous(record, candidate, from, to);
    });
    if (watch !== undefined || highest >= nearlyDone)
      return { last: highest >= nearlyDone ? { ...last, value: highest } : last, end };
  }
  return undefined;
}
