import type { Attempt, SeenReport } from './types.js';

/** A module's leaving or coming back, or a cut of its power: the signs that a new attempt may have begun. */
export interface Sign {
  readonly order: number;
  readonly kind: 'departure' | 'arrival' | 'cut';
  readonly line: string | undefined;
}

interface Draft {
  readonly startSeen: boolean;
  readonly reports: SeenReport[];
  readonly percentages: Attempt['percentages'][number][];
  readonly ends: (number | undefined)[];
  readonly resumed: boolean;
  cut: boolean;
}

interface Options {
  /** Rig's time scale. */
  readonly scale: number;
  readonly timed: boolean;
}

/**
 * Cuts the reports of the recovery into attempts. Each START begins one, unless it only repeats the one before; without a START (USB
 * opens late) an attempt is inferred from what cannot belong to the one before. A percentage that falls without any sign of a new
 * attempt is left as a fall within one.
 */
export function attemptsOf(reports: readonly SeenReport[], signs: readonly Sign[], options: Options): Attempt[] {
  const drafts: Draft[] = [];
  const doubled = Math.max(20, 1000 * options.scale);
  const finish = (): Attempt[] => drafts.map((draft, index) => attemptOf(draft, index + 1, options.timed));

  for (const report of reports) {
    if (report.kind !== 'start' && report.kind !== 'updating' && report.kind !== 'restore' && report.kind !== 'end') continue;
    const current = drafts.at(-1);
    const last = current?.reports.at(-1);
    const between = last === undefined ? [] : signs.filter((sign) => sign.order > last.order && sign.order <= report.order);
    const begins = current === undefined || last === undefined || beginsAnother(report, current, last, between);
    if (begins) {
      if (current !== undefined && between.some((sign) => sign.kind === 'cut')) current.cut = current.ends.length === 0;
      drafts.push({
        startSeen: report.kind === 'start',
        reports: [],
        percentages: [],
        ends: [],
        cut: false,
        resumed:
          between.some((sign) => sign.kind === 'cut') ||
          (current === undefined ? false : current.ends.length === 0) ||
          (current === undefined && signs.some((sign) => sign.kind === 'cut' && sign.order <= report.order)),
      });
    }
    add(drafts.at(-1) as Draft, report);
  }
  const open = drafts.at(-1);
  if (open !== undefined && open.ends.length === 0) {
    const last = open.reports.at(-1)?.order ?? 0;
    open.cut = signs.some((sign) => sign.kind === 'cut' && sign.order > last);
  }
  return finish();

  function beginsAnother(report: SeenReport, current: Draft, last: SeenReport, between: readonly Sign[]): boolean {
    const broken = between.length > 0;
    if (report.kind === 'start') {
      const repeated = last.kind === 'start' && !broken && options.timed && report.order - last.order <= doubled;
      return !repeated;
    }
    if (between.some((sign) => sign.kind === 'cut')) return true;
    const left = between.some((sign) => sign.kind === 'departure' || sign.kind === 'arrival');
    if (current.ends.length > 0) {
      const failed = current.ends.some((code) => code !== 0);
      return report.kind === 'end' ? left && !witnessed(report, last, between) : left || failed;
    }
    if (!left || witnessed(report, last, between)) return false;
    return true;
  }
}

/** One line that did not leave carried both: had there been a START in between, it would have shown it. */
function witnessed(report: SeenReport, last: SeenReport, between: readonly Sign[]): boolean {
  const rises = report.kind !== 'updating' || last.kind !== 'updating' || Number(report.value ?? 0) >= Number(last.value ?? 0);
  return rises && report.lines.some((line) => last.lines.includes(line) && !between.some((sign) => sign.line === line));
}

function add(draft: Draft, report: SeenReport): void {
  draft.reports.push(report);
  if (report.kind === 'updating' || report.kind === 'restore') {
    const percent = typeof report.value === 'number' ? report.value : undefined;
    draft.percentages.push({ percent, t: report.t, event: report.events[0] ?? 0 });
  }
  if (report.kind === 'end') draft.ends.push(typeof report.value === 'number' ? report.value : undefined);
}

function attemptOf(draft: Draft, number: number, timed: boolean): Attempt {
  const { startSeen, reports, percentages, ends, cut, resumed } = draft;
  const first = reports[0];
  const end = reports.find((report) => report.kind === 'end');
  return {
    number,
    startSeen,
    started: timed ? first?.order : undefined,
    ended: timed ? end?.order : undefined,
    percentages,
    ends,
    cut,
    resumed,
    reports,
    events: [...new Set(reports.flatMap((report) => [...report.events]))],
  };
}
