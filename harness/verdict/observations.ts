import { cutUsesAttempt } from './cut-use.js';
import { stuckAs } from './devices.js';
import { failedAttempts, isRecovery, isSpoilt, isUpgradeReport, list, runs } from './facts.js';
import { certainAttempts } from './rules/retries.js';
import { packageName } from './rules/unit.js';
import type { Judgement, UpgradeRecord } from './types.js';

type Observation = Judgement['observations'][number];

/** Facts that are neither good nor bad, yet worth keeping: some settle what no source settles. */
export function observationsOf(record: UpgradeRecord): Observation[] {
  return [...attempts(record), ...codes(record), ...lostReports(record), ...odd(record), ...leftovers(record), ...times(record)];
}

function attempts(record: UpgradeRecord): Observation[] {
  const { attempts: all } = record;
  if (all.length === 0) return [];
  const events = all.flatMap(({ events: [event] }) => (event === undefined ? [] : [event]));
  const seen: Observation[] = [
    {
      id: 'attempts',
      text: `attempts seen: ${String(all.length)}, of them with START or END: ${String(certainAttempts(record).length)}`,
      events,
    },
  ];
  const failed = all.filter(({ ends }) => !ends.includes(0));
  if (failed.length > 0 && all.length > 1) {
    const told = failed.filter(({ ends }) => ends.length > 0).length;
    seen.push({
      id: 'failed-ends',
      text: `${String(told)} of ${String(failed.length)} attempts that failed or broke off printed an END of their own`,
      events,
    });
  }
  const unseen = all.filter(({ startSeen }) => !startSeen);
  if (unseen.length > 0)
    seen.push({
      id: 'start-lost',
      text: `attempts whose START was not seen: ${String(unseen.length)}`,
      events: unseen.flatMap(({ events: [event] }) => (event === undefined ? [] : [event])),
    });
  if (record.powerCuts > 0)
    seen.push({
      id: 'cuts',
      text: `${String(record.powerCuts)} power cuts (${list(record.cuts.map(({ phase }) => phase))}), ${String(all.length)} attempts`,
      events: record.cuts.map(({ event }) => event),
    });
  const uses = cutUsesAttempt(record);
  if (uses !== undefined)
    seen.push({
      id: 'cut-uses-attempt',
      text: `a cut ${uses ? 'uses' : 'does not use'} up an attempt: ${String(record.cuts.length)} cuts, ${String(failedAttempts(record).length)} failures, ${String(all.length)} attempts`,
      events: record.cuts.map(({ event }) => event),
    });
  return seen;
}

function codes(record: UpgradeRecord): Observation[] {
  const ends = record.reports.filter(({ kind, value }) => kind === 'end' && value !== undefined && value !== 0);
  const found = [...new Set(ends.map(({ value }) => value))];
  if (found.length === 0) return [];
  const events = ends.flatMap(({ events: [event] }) => (event === undefined ? [] : [event]));
  const note = isSpoilt(record) && !found.includes(505) ? ' (the guide names 505 for a package that fails its check)' : '';
  return [{ id: 'codes', text: `END codes: ${list(found)}${note}`, events }];
}

/** What one line lost and another carried. */
function lostReports(record: UpgradeRecord): Observation[] {
  const reports = record.reports.filter(isUpgradeReport);
  return record.watches
    .filter(({ reports: count }) => count > 0)
    .flatMap(({ line }) => {
      const lost = reports.filter(({ lines }) => !lines.includes(line));
      if (lost.length === 0) return [];
      return [
        {
          id: 'urcs-lost',
          text: `line ${line} did not carry ${String(lost.length)} of ${String(reports.length)} reports`,
          events: lost.flatMap(({ events: [event] }) => (event === undefined ? [] : [event])),
        },
      ];
    });
}

function odd(record: UpgradeRecord): Observation[] {
  const seen: Observation[] = [];
  const doubled = record.attempts.filter(({ ends }) => ends.length > 1);
  if (doubled.length > 0)
    seen.push({
      id: 'end-doubled',
      text: `END came more than once: ${list(doubled.flatMap(({ ends }) => ends))}`,
      events: doubled.flatMap(({ events }) => events.slice(-2)),
    });
  const boots = record.reports.filter(
    (report) =>
      report.kind === 'boot' &&
      report.value === 'RDY' &&
      record.attempts.some(
        (attempt) =>
          (attempt.reports[0]?.order ?? Infinity) < report.order && (attempt.reports.at(-1)?.order ?? 0) > report.order,
      ),
  );
  if (boots.length > 0)
    seen.push({
      id: 'rdy-in-mid-update',
      text: 'RDY was reported in mid-update',
      events: boots.flatMap(({ events }) => [...events]),
    });
  if (record.notUnderstood.length > 0) {
    seen.push({
      id: 'not-understood',
      text: `lines that were not understood: ${String(record.notUnderstood.length)}`,
      events: record.notUnderstood.map(({ event }) => event),
    });
  }
  const alone = record.devices.filter((device) => device.doubtful && device !== stuckAs(record));
  if (alone.length > 0)
    seen.push({
      id: 'diagnostics-alone',
      text: `its single port was all of the module for ${list(alone.map(({ t, until }) => `${((until - t) / 1000).toFixed(1)} s`))}`,
      events: alone.map(({ event }) => event),
    });
  const texts = record.reports.filter(({ kind }) => kind === 'text');
  if (texts.length > 0)
    seen.push({
      id: 'free-text',
      text: `reports in free text: ${list(texts.map(({ value }) => value))}`,
      events: texts.flatMap(({ events }) => [...events]),
    });
  if (record.profile?.firmware.afterRetries === 'retries-for-ever' && runs(record) === 'old' && record.reports.some(isRecovery)) {
    seen.push({
      id: 'gave-up',
      text: 'the profile says that this firmware retries for ever, yet it went back to the old version',
      events: record.after.event === undefined ? [] : [record.after.event],
    });
  }
  return seen;
}

function leftovers(record: UpgradeRecord): Observation[] {
  const name = packageName(record);
  const left = (['ufs', 'sd'] as const).filter((storage) => record.after.files?.[storage]?.some((file) => file.name === name));
  return left.map((storage) => ({
    id: 'package-left',
    text: `the package was left on ${storage.toUpperCase()}`,
    events: record.after.event === undefined ? [] : [record.after.event],
  }));
}

function times(record: UpgradeRecord): Observation[] {
  const known = Object.entries(record.times).filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (known.length === 0) return [];
  const names: Readonly<Record<string, string>> = {
    download: 'download',
    flash: 'START to END',
    boot: 'END to normal mode',
    total: 'in all',
  };
  return [
    { id: 'times', text: known.map(([name, ms]) => `${names[name] ?? name} ${(ms / 1000).toFixed(2)} s`).join(', '), events: [] },
  ];
}
