import { shortestDeadline } from '../../base/clock.js';
import type { Owner } from '../../journal/events.js';
import { lagBetween, orderOn, wasAccepted } from '../facts.js';
import type { SeenReport, UpgradeRecord } from '../types.js';
import type { Rule } from './rule.js';

interface Span {
  readonly from: number;
  readonly to: number;
  readonly events: readonly (number | undefined)[];
  /** What our own way of measuring may add, in ms. */
  readonly slack?: number;
}

function timeRule(
  id: string,
  what: string,
  limit: 'boot' | 'download' | 'upgrade',
  spans: (record: UpgradeRecord) => readonly Span[],
): Rule {
  return {
    id,
    serves: ['DH-08'],
    title: `${what} stays within the rig's limit`,
    blames: 'firmware',
    applies: (record) => record.profile !== undefined && record.timed && wasAccepted(record) && spans(record).length > 0,
    check: (record) =>
      spans(record).flatMap(({ from, to, events, slack = 0 }) => {
        const most = record.profile?.limits[limit] ?? Infinity;
        const took = to - from;
        // A rig that runs faster than life is watched by a host that does not.
        const host = (record.profile?.scale ?? 1) < 1 ? shortestDeadline : 0;
        if (took <= most + slack + host) return [];
        return [
          {
            owner: cause(record, from, to, took - most),
            text: `${what} took too long`,
            expected: `at most ${seconds(most)}`,
            seen: seconds(took),
            events,
          },
        ];
      }),
  };
}

/** A module is slow by its own doing only if nothing of ours or of the network's can account for it. */
function cause(record: UpgradeRecord, from: number, to: number, over: number): Owner {
  if (lagBetween(record, from, to) >= over) return 'harness';
  return record.rigFaults.some(({ t }) => t >= from && t <= to) ? 'rig' : 'firmware';
}

export const timeRules: readonly Rule[] = [
  timeRule('time.download', 'the download', 'download', (record) => {
    const { download } = record;
    const slowed = record.fault !== undefined && ['slow', 'stall', 'link-lost'].includes(record.fault.name);
    if (
      slowed ||
      download?.started === undefined ||
      download.ended === undefined ||
      cutWithin(record, download.started, download.ended)
    )
      return [];
    const own = record.reports.filter(({ kind }) => kind === 'download-start' || kind === 'download-end');
    return [{ from: download.started, to: download.ended, events: own.flatMap(({ events }) => events.slice(0, 1)) }];
  }),
  timeRule('time.flash', 'the upgrade', 'upgrade', (record) =>
    record.attempts.flatMap(({ started, ended, events }) => {
      if (started === undefined || ended === undefined || cutWithin(record, started, ended)) return [];
      return [{ from: started, to: ended, events: [events[0], events.at(-1)] }];
    }),
  ),
  timeRule('time.recovery', 'the boot into recovery', 'boot', (record) =>
    record.attempts.flatMap(({ startSeen, reports }, index) => {
      const start = reports[0];
      if (!startSeen || start === undefined || isGlued(record, start)) return [];
      const from = bootedAt(record, record.attempts[index - 1]?.reports.at(-1)?.order ?? record.startedAt.t, start.order);
      return from === undefined ? [] : [{ from: from.t, to: start.order, events: [from.event, ...start.events.slice(0, 1)] }];
    }),
  ),
  timeRule('time.boot', 'the boot', 'boot', (record) => {
    const last = record.attempts.at(-1);
    const end = last?.reports.findLast(({ kind }) => kind === 'end');
    const { ready } = record;
    if (end === undefined || ready?.t === undefined || ready.t < end.order || cutWithin(record, end.order, ready.t)) return [];
    const until = ready.t;
    // Without RDY normal mode is found by asking, at growing intervals: up to 10 s (scaled), and two probes of 1 s.
    const reported = record.reports.some(
      ({ kind, value, order }) => kind === 'boot' && value === 'RDY' && order > end.order && order <= until,
    );
    const scale = record.profile?.scale ?? 1;
    const slack = reported ? 0 : Math.max(shortestDeadline, 10_000 * scale) + 2 * Math.max(shortestDeadline, 1000 * scale);
    return [{ from: end.order, to: until, events: [end.events[0], ready.event], slack }];
  }),
];

/** A report without a line end after it is told apart only when more has come: when it was said is not known then. */
function isGlued(record: UpgradeRecord, start: SeenReport): boolean {
  return start.sightings.some(({ line, order }) =>
    record.reports.some((report) => report !== start && orderOn(report, line) === order),
  );
}

/** When the boot began that a START at `until` ended: with the return of power, or with the module's leaving. Undefined where neither was seen. */
function bootedAt(
  record: UpgradeRecord,
  since: number,
  until: number,
): { readonly t: number; readonly event: number } | undefined {
  const cut = record.cuts.findLast(({ t }) => t > since && t < until);
  // Without a return of power the supply was never off: a reset, or a press of PWRKEY.
  if (cut !== undefined) return cut.back > cut.t ? { t: cut.back, event: cut.event } : undefined;
  // The last one: a plug without contact may have left before.
  return record.departures.findLast(({ t }) => t > since && t < until);
}

const cutWithin = (record: UpgradeRecord, from: number, to: number): boolean =>
  record.powerActions.some(({ t }) => t >= from && t <= to);

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
