import {
  continuous,
  fastestReboot,
  eventsOf,
  isDownload,
  isLocal,
  isRecovery,
  orderOn,
  quoted,
  runs,
  sharedLine,
  wasAccepted,
  watchedToTheEnd,
} from '../facts.js';
import type { Attempt, LineWatch, SeenReport, UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

/** DG-07 FTP, DG-08 HTTP, DG-09 local. */
export function orderRequirement(record: UpgradeRecord): string {
  return isLocal(record) ? 'DG-09' : record.source === 'http' ? 'DG-08' : 'DG-07';
}

const orders = {
  'DG-07': 'OK, FTPSTART, FTPEND,0, START, UPDATING…, END,0',
  'DG-08': 'OK, HTTPSTART, HTTPEND,0, START, UPDATING…, END,0',
  'DG-09': 'OK, START, UPDATING…, END,0',
} as Readonly<Record<string, string>>;

function orderRule(id: string, requirement: 'DG-07' | 'DG-08' | 'DG-09'): Rule {
  return {
    id,
    serves: [requirement],
    title: `Reports come in the order ${orders[requirement] ?? ''}`,
    blames: 'firmware',
    applies: (record) =>
      record.source !== undefined &&
      orderRequirement(record) === requirement &&
      wasAccepted(record) &&
      record.reports.some((report) => isRecovery(report) || isDownload(report)),
    check: (record) =>
      [...misplaced(record), ...missing(record)].map((held) => ({ ...held, expected: orders[requirement] ?? '' })),
  };
}

export const orderRules: readonly Rule[] = [
  orderRule('order.ftp', 'DG-07'),
  orderRule('order.http', 'DG-08'),
  orderRule('order.local', 'DG-09'),
  {
    id: 'order.download-seen',
    serves: ['DG-07', 'DG-08'],
    title: 'A recovery without a download that was seen to end is neither good nor bad',
    blames: 'undecided',
    applies: (record) =>
      watchedToTheEnd(record) &&
      wasAccepted(record) &&
      !isLocal(record) &&
      record.source !== undefined &&
      record.reports.some(isRecovery),
    exercises: () => [],
    check(record) {
      const ended = record.reports.some(({ kind }) => kind === 'download-end');
      if (ended || missing(record).length > 0) return [];
      const name = record.source === 'http' ? 'HTTPEND' : 'FTPEND';
      return [
        {
          owner: 'undecided',
          requirement: orderRequirement(record),
          text: `${name} was not seen; the line left soon after and may have taken it along`,
          expected: `${name},0`,
          seen: 'not seen',
          events: [record.reports.find(isRecovery)?.events[0]],
        },
      ];
    },
  },
  {
    id: 'order.end-seen',
    serves: ['DG-07', 'DG-08', 'DG-09'],
    title: 'A new version without END,0 is neither good nor bad',
    blames: 'undecided',
    applies: (record) => watchedToTheEnd(record) && wasAccepted(record) && runs(record) === 'new',
    exercises: () => [],
    check(record) {
      if (record.attempts.some(({ ends }) => ends.includes(0)) || endWitness(record) !== undefined) return [];
      return [
        {
          owner: 'undecided',
          requirement: orderRequirement(record),
          text: 'the new version runs, but no END,0 was seen, and no line was open throughout to say that there was none',
          expected: 'END,0',
          seen:
            record.attempts.length === 0
              ? 'no report of the recovery'
              : `last: ${quoted(record.attempts.at(-1)?.reports.at(-1) as SeenReport)}`,
          events: [record.attempts.at(-1)?.events.at(-1), record.after.event],
        },
      ];
    },
  },
];

/** Reports that stand where they must not, judged only between reports that one line carried. */
function misplaced(record: UpgradeRecord): Held[] {
  const held: Held[] = [];
  const hold = (text: string, reports: readonly SeenReport[]): void => {
    held.push({ owner: 'firmware', text, expected: '', seen: reports.map(quoted).join(', then '), events: eventsOf(reports) });
  };
  const { reports } = record;
  const downloads = reports.filter(isDownload);
  const foreign = downloads.filter(({ protocol }) =>
    isLocal(record) ? true : record.source === 'ftp' ? protocol !== 'ftp' : protocol === 'ftp',
  );
  if (foreign.length > 0)
    hold(
      isLocal(record) ? 'a local file was reported as a download' : `another protocol than ${record.source ?? ''} was reported`,
      foreign,
    );

  const early = reports.filter((report) => report.early);
  if (early.length > 0 && record.answer?.result === 'OK') hold('a report came before the OK of the command', early);

  const late = downloads.find((download) =>
    reports.some(
      (report) =>
        isRecovery(report) && reports.indexOf(report) < reports.indexOf(download) && sharedLine(report, download) !== undefined,
    ),
  );
  if (late !== undefined) hold('the download was reported after the recovery', [reports.find(isRecovery) as SeenReport, late]);

  const end = downloads.find(({ kind }) => kind === 'download-end');
  const again =
    end === undefined ? undefined : downloads.slice(downloads.indexOf(end) + 1).find(({ kind }) => kind === 'download-start');
  if (end?.value === 0 && again !== undefined && sharedLine(end, again) !== undefined)
    hold('the download began after it had ended', [end, again]);

  // A module may try a download that failed again by itself: the end of its last try counts.
  const last = again === undefined ? end : downloads.findLast(({ kind }) => kind === 'download-end');
  if (last !== undefined && last.value !== 0 && last.value !== undefined) {
    const recovery = reports.slice(reports.indexOf(last) + 1).find(isRecovery);
    if (recovery !== undefined && record.intent === 'valid' && sharedLine(last, recovery) !== undefined)
      hold('the recovery began although the download had failed', [last, recovery]);
  }
  record.attempts.forEach((attempt, index) => held.push(...withinAttempt(record, attempt, record.attempts[index + 1])));
  return held;
}

function withinAttempt(record: UpgradeRecord, attempt: Attempt, next: Attempt | undefined): Held[] {
  const held: Held[] = [];
  const hold = (text: string, one: SeenReport, other: SeenReport): void => {
    held.push({
      owner: 'firmware',
      text,
      expected: '',
      seen: `${quoted(one)}, then ${quoted(other)}`,
      events: eventsOf([one, other]),
    });
  };
  const end = attempt.reports.findIndex((report) => report.kind === 'end');
  const done = attempt.reports[end];
  const more = attempt.reports
    .slice(end + 1)
    .find((report) => done !== undefined && report.kind === 'updating' && sharedLine(done, report) !== undefined);
  if (done?.value === 0 && more !== undefined) hold('progress was reported after END,0', done, more);

  const [failed, worked] = contradiction(record, attempt);
  if (failed !== undefined && worked !== undefined)
    hold('one attempt was reported to have failed and to have worked', failed, worked);

  const last = attempt.reports.at(-1);
  const first = next?.reports[0];
  if (last === undefined || first === undefined || next === undefined) return held;
  const line = sharedLine(last, first);
  const cut = record.cuts.some(({ t, back }) => back > last.order && t <= first.order);
  if (attempt.ends.includes(0) && !cut && line !== undefined) hold('another attempt began after END,0', last, first);
  const quiet = ![...record.departures, ...record.arrivals, ...record.cuts].some(({ t }) => t > last.order && t <= first.order);
  if (!attempt.startSeen && next.startSeen && attempt.ends.length === 0 && quiet && line !== undefined)
    hold('progress was reported before START', last, first);
  return held;
}

/** END with a code and END,0 of one attempt: on a line that would have shown a START between them, and with no time for another attempt. */
function contradiction(record: UpgradeRecord, attempt: Attempt): readonly SeenReport[] {
  const ends = attempt.reports.filter(({ kind, value, doubtful }) => kind === 'end' && typeof value === 'number' && !doubtful);
  const [one, other] = [ends.find(({ value }) => value !== 0), ends.find(({ value }) => value === 0)];
  const witness = record.watches.find(({ line, ...watch }) => {
    const [from, to] = [orderOn(one, line), orderOn(other, line)];
    return (
      from !== undefined && to !== undefined && continuous(record, { line, ...watch }, Math.min(from, to), Math.max(from, to))
    );
  });
  if (one === undefined || other === undefined || witness === undefined) return [];
  const apart = Math.abs(one.order - other.order);
  return apart < fastestReboot * (record.profile?.scale ?? 1) ? [one, other] : [];
}

/** What a line that was open throughout did not carry. A line that leaves may take its last bytes with it: it is no witness to them. */
function missing(record: UpgradeRecord): Held[] {
  if (!watchedToTheEnd(record)) return [];
  const held: Held[] = [];
  const hold = (what: string, watch: LineWatch, events: readonly (number | undefined)[]): void => {
    held.push({
      owner: 'firmware',
      text: `${what} was not reported; line ${watch.line} was open throughout`,
      expected: '',
      seen: 'not seen',
      events,
    });
  };
  const { reports, watches, attempts, download } = record;
  const recovery = reports.find(isRecovery);
  if (!isLocal(record)) {
    const end = reports.find(({ kind }) => kind === 'download-end');
    const start = reports.find(({ kind }) => kind === 'download-start');
    const name = (record.source ?? '').toUpperCase();
    const startWitness = watches.find((watch) => {
      const to = orderOn(end, watch.line);
      return to !== undefined && continuous(record, watch, record.startedAt.t, to);
    });
    if (start === undefined && startWitness !== undefined) hold(`${name}START`, startWitness, [end?.events[0]]);
    const endWitnessLine = watches.find((watch) => {
      const [from, to] = [orderOn(start, watch.line), orderOn(recovery, watch.line)];
      return from !== undefined && to !== undefined && continuous(record, watch, from, to);
    });
    if (end === undefined && recovery !== undefined && endWitnessLine !== undefined)
      hold(`${name}END`, endWitnessLine, [start?.events[0], recovery.events[0]]);
    if (download === undefined && recovery !== undefined) {
      const watch = silentLine(record);
      if (watch !== undefined) hold(`${name}START`, watch, [record.answer?.event, recovery.events[0]]);
    }
  }
  const first = attempts[0];
  const opening = first?.reports[0];
  if (first !== undefined && opening !== undefined && !first.startSeen) {
    const since = reports.findLast((report) => isDownload(report) && report.order < opening.order)?.order ?? record.startedAt.t;
    const watch = watches.find((candidate) => {
      const to = orderOn(opening, candidate.line);
      return to !== undefined && continuous(record, candidate, since, to);
    });
    if (watch !== undefined) hold('START', watch, [opening.events[0]]);
  }
  held.push(...missingProgress(record), ...missingStart(record));
  const silent = endWitness(record);
  if (runs(record) === 'new' && silent !== undefined && !attempts.some(({ ends }) => ends.includes(0)))
    hold('END,0', silent, [attempts.at(-1)?.events.at(-1), record.after.event]);
  return held;
}

/** The line of the command, open from OK until well after the download must have begun; the reports of normal mode are routed to it. */
function silentLine(record: UpgradeRecord): LineWatch | undefined {
  const { answer } = record;
  if (answer === undefined) return undefined;
  const watch = record.watches.find(({ line }) => line === answer.line);
  const left = watch?.breaks.find(({ order }) => order > answer.t)?.order ?? record.reports.find(isRecovery)?.order ?? answer.t;
  const long = left - answer.t > Math.max(100, 1000 * (record.profile?.scale ?? 1));
  return watch !== undefined && long && continuous(record, watch, answer.t, left - 1) ? watch : undefined;
}

function missingProgress(record: UpgradeRecord): Held[] {
  const [only] = record.attempts;
  if (only === undefined || record.attempts.length > 1 || record.powerCuts > 0 || only.percentages.length > 0) return [];
  const [start, end] = [only.reports.find(({ kind }) => kind === 'start'), only.reports.find(({ kind }) => kind === 'end')];
  if (start === undefined || end?.value !== 0) return [];
  const watch = record.watches.find((candidate) => {
    const [from, to] = [orderOn(start, candidate.line), orderOn(end, candidate.line)];
    return from !== undefined && to !== undefined && continuous(record, candidate, from, to);
  });
  if (watch === undefined) return [];
  return [
    {
      owner: 'firmware',
      text: `no progress was reported between START and END,0; line ${watch.line} was open throughout`,
      expected: '',
      seen: 'no UPDATING',
      events: eventsOf([start, end]),
    },
  ];
}

/**
 * START that one line carried, and another did not, which never leaves and carried the rest of the attempt. A line that leaves with the
 * module opens too late for it.
 */
function missingStart(record: UpgradeRecord): Held[] {
  for (const { reports } of record.attempts) {
    const start = reports.find(({ kind }) => kind === 'start');
    if (start === undefined) continue;
    const next = reports.find((report) => report !== start && isRecovery(report));
    const watch = record.watches.find((candidate) => {
      if (candidate.reenumerates || orderOn(start, candidate.line) !== undefined) return false;
      const to = orderOn(next, candidate.line);
      const before = record.reports.findLast((report) => (orderOn(report, candidate.line) ?? Infinity) < start.order);
      const from = orderOn(before, candidate.line) ?? record.startedAt.t;
      return to !== undefined && continuous(record, candidate, from, to);
    });
    if (watch === undefined) continue;
    const seen = `${quoted(start)} on ${start.lines.join(', ')} only`;
    const text = `START was not reported on line ${watch.line}, which was open throughout and carried what follows it`;
    return [{ owner: 'firmware', text, expected: '', seen, events: eventsOf([start]) }];
  }
  return [];
}

/** A line that carried the last progress and stayed open until normal mode: END would have been on it. */
function endWitness(record: UpgradeRecord): LineWatch | undefined {
  const last = record.attempts.at(-1)?.reports.at(-1);
  const until = record.ready?.t ?? record.stoppedAt;
  if (last === undefined || until === undefined) return undefined;
  return record.watches.find((watch) => {
    const from = orderOn(last, watch.line);
    return from !== undefined && continuous(record, watch, from, until);
  });
}
