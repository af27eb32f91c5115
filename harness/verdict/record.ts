import type { EventOf, JournalEvent } from '../journal/events.js';
import { attemptsOf, type Sign } from './attempts.js';
import { powerWent } from './cut-proof.js';
import { devicesOf } from './devices.js';
import { isOf, type Window } from './window.js';
import { isUpgradeCommand, LinesSeen } from './lines.js';
import type { Attempt, Cut, SeenReport, UpgradeRecord } from './types.js';
import { isVersionName, namesRevision } from './versions.js';

type Of<T extends JournalEvent['type']> = EventOf<T>;

/** Folds what happened between one upgrade.start and its end into a record. */
export function recordOf(window: Window): UpgradeRecord {
  const { start, events, end, timed, profile } = window;
  const lines = new LinesSeen(events, { timed, devices: window.devices });
  for (const event of events) lines.see(event);
  lines.close();
  const all = <T extends JournalEvent['type']>(type: T): Of<T>[] => events.filter((event): event is Of<T> => event.type === type);

  const reports = lines.reports();
  const stoppedAt = end?.t ?? undefined;
  const untilEnd = <T extends { readonly t: number }>(list: readonly T[]): T[] =>
    list.filter(({ t }) => stoppedAt === undefined || t <= stoppedAt);
  const powerActions = untilEnd(all('power.do'));
  const cutActions = powerActions.filter((action, index) => takesPower(action, powerActions.slice(0, index)));
  const signs: Sign[] = [
    ...lines.departures.map(({ line, t }) => ({ line, order: t, kind: 'departure' as const })),
    ...lines.arrivals.map(({ line, t }) => ({ line, order: t, kind: 'arrival' as const })),
    // What comes until power is back, the module said before it went: a supply takes its time to decay, a buffer to empty.
    ...cutActions.map((action) => ({ line: undefined, order: backAfter(action, powerActions), kind: 'cut' as const })),
  ];
  const attempts = attemptsOf(reports, signs, { scale: profile?.scale ?? 1, timed });
  const download = downloadOf(reports, timed);
  const ready = readyOf(all('module.ready'), reports, attempts, window);
  const answer = answerOf(events);
  const identities = all('module.identity').filter((event) => isOf(event, 'after', start.upgrade));
  const files = all('module.files').filter((event) => isOf(event, 'after', start.upgrade));
  const after = identities.at(-1);
  const responses = all('server.response');
  const cuts = cutActions.map((action) =>
    cutOf(action, {
      reports,
      attempts,
      ready,
      departures: lines.departures,
      events,
      powerActions,
      local: start.source === 'ufs' || start.source === 'sd',
      scale: profile?.scale ?? 1,
    }),
  );
  const commanded = untilEnd(all('at.command')).filter(({ text }) => /^AT\+(?:CFUN=1,1|CFUN=\d,1|QPOWD|QRST)/i.test(text.trim()));

  return {
    id: start.upgrade,
    rig: start.rig,
    profile,
    // A log that begins in mid-upgrade does not say where the package came from.
    source: window.fromLog && start.target === '' ? undefined : start.source,
    step: start.step,
    target: start.target,
    targetLength: start.targetLength,
    package: start.package,
    intent: start.intent,
    fault: start.fault,
    faultStruck: all('delivery.fault').some((event) => event.state === 'struck'),
    noRoom: start.noRoom === true,
    answer,
    reports,
    download,
    attempts,
    departures: untilEnd(lines.departures),
    arrivals: untilEnd(lines.arrivals),
    powerActions,
    powerCuts: cuts.length,
    cuts,
    powerErrors: all('power.done').filter((event) => event.error !== undefined),
    requests: all('server.request').map((request) => ({
      request,
      response: responses.find(
        (response) =>
          response.connection === request.connection &&
          response.request === request.request &&
          response.protocol === request.protocol,
      ),
    })),
    logins: all('server.login'),
    connections: all('server.connection'),
    reachedBefore: window.reachedBefore,
    published: isPublished(window) ? window.published : undefined,
    before: window.before,
    after: { identity: after?.identity, withheld: after?.withheld ?? {}, files: files.at(-1)?.files, event: after?.n },
    ready,
    reached: reachedOf(all('module.ready'), attempts, timed),
    startedAt: { t: start.t, event: start.n },
    stoppedAt,
    stopped: end === undefined ? undefined : { why: end.why, detail: end.detail, event: end.n },
    devices: devicesOf(events, stoppedAt),
    rigFaults: all('rig.fault'),
    lags: all('host.lag'),
    times: timesOf({ start, reports, attempts, download, ready, answer, timed }),
    notUnderstood: lines.notUnderstood,
    events: [...new Set(events.map(({ n }) => n))],
    timed,
    fromLog: window.fromLog,
    versions: versionsOf(window, after?.identity.revision),
    watches: lines.watches(),
    commandedReboots: commanded.map(({ t, n }) => ({ t, event: n })),
  };
}

/** What was published last may belong to another upgrade; this one's source string names what it is after. */
function isPublished({ start, published }: Window): boolean {
  return published !== undefined && (published.target === start.target || start.target.endsWith(`/${published.name}`));
}

/** Supply off and RESET_N take power for certain; PWRKEY only when it does not switch on what was off. */
function takesPower(action: Of<'power.do'>, earlier: readonly Of<'power.do'>[]): boolean {
  if (action.wire === 'supply') return action.action === 'off';
  if (action.wire === 'reset') return action.action === 'press';
  return action.wire === 'powerKey' && action.action === 'press' && !earlier.some((other) => takesPower(other, []));
}

/** When power came back after it was taken; for a pulse, and without a return, when it was taken. */
function backAfter(action: Of<'power.do'>, all: readonly Of<'power.do'>[]): number {
  if (action.wire !== 'supply') return action.t;
  return all.find(({ wire, action: what, t }) => wire === 'supply' && what === 'on' && t > action.t)?.t ?? action.t;
}

function answerOf(events: readonly JournalEvent[]): UpgradeRecord['answer'] {
  const command = events.find((event): event is Of<'at.command'> => event.type === 'at.command' && isUpgradeCommand(event.text));
  if (command === undefined) return undefined;
  const answer = events.find(
    (event): event is Of<'at.answer'> => event.type === 'at.answer' && event.id === command.id && event.line === command.line,
  );
  return answer === undefined
    ? undefined
    : { result: answer.result, code: answer.code, event: answer.n, line: answer.line, t: answer.t };
}

/** The last download that was begun: a module may try one that failed again by itself. */
function downloadOf(all: readonly SeenReport[], timed: boolean): UpgradeRecord['download'] {
  const again = all.findLastIndex((report, index) => report.kind === 'download-start' && all.slice(0, index).some(endedBadly));
  const reports = all.slice(Math.max(again, 0));
  const start = reports.find((report) => report.kind === 'download-start');
  const end =
    reports.find((report) => report.kind === 'download-end' && report.value !== undefined) ??
    reports.find((report) => report.kind === 'download-end');
  const either = start ?? end;
  if (either === undefined) return undefined;
  return {
    protocol: either.protocol ?? '',
    started: timed ? start?.order : undefined,
    ended: timed ? end?.order : undefined,
    code: typeof end?.value === 'number' ? end.value : undefined,
    startSeen: start !== undefined,
    endSeen: end !== undefined,
  };
}

const endedBadly = ({ kind, value }: SeenReport): boolean => kind === 'download-end' && typeof value === 'number' && value !== 0;

/** Normal mode as the watch found it, or as a log shows it: RDY after the last END (RDY in mid-update proves nothing). */
function readyOf(
  events: readonly Of<'module.ready'>[],
  reports: readonly SeenReport[],
  attempts: readonly Attempt[],
  { timed, fromLog }: Window,
): UpgradeRecord['ready'] {
  const last = attempts.at(-1);
  const since = last?.reports.at(-1)?.order ?? -Infinity;
  const boot = reports.find((report) => report.kind === 'boot' && report.value === 'RDY' && report.order > since);
  const found = events.findLast(({ t }) => t >= since);
  if (found !== undefined) return { t: timed ? Math.min(found.t, boot?.order ?? found.t) : undefined, event: found.n };
  if (!fromLog || boot === undefined || last?.ends.length === 0) return undefined;
  return { t: boot.t, event: boot.events[0] ?? 0 };
}

function reachedOf(
  events: readonly Of<'module.ready'>[],
  attempts: readonly Attempt[],
  timed: boolean,
): UpgradeRecord['reached'] {
  const since = attempts.at(-1)?.reports.at(-1)?.order ?? -Infinity;
  const found = events.find(({ t }) => t >= since);
  return found === undefined ? undefined : { t: timed ? found.t : undefined, event: found.n };
}

interface CutContext {
  readonly reports: readonly SeenReport[];
  readonly attempts: readonly Attempt[];
  readonly ready: UpgradeRecord['ready'];
  readonly departures: UpgradeRecord['departures'];
  readonly events: readonly JournalEvent[];
  readonly powerActions: readonly Of<'power.do'>[];
  readonly local: boolean;
  readonly scale: number;
}

function cutOf(action: Of<'power.do'>, context: CutContext): Cut {
  const { reports, attempts, ready, departures, events, powerActions, local, scale } = context;
  const { t } = action;
  const back = backAfter(action, powerActions);
  const proven = powerWent(action, { events, departures, reports, scale });
  const attempt = attempts.findLast((candidate) => (candidate.reports[0]?.order ?? Infinity) <= t);
  return { t, back, event: action.n, phase: phase(), attempt: attempt?.number, proven };

  function phase(): Cut['phase'] {
    if (ready?.t !== undefined && ready.t <= t) return 'normal';
    const end = attempt?.reports.find((report) => report.kind === 'end');
    if (attempt !== undefined && (end === undefined || end.order > back)) return 'recovery';
    if (attempt !== undefined) return attempt.ends.includes(0) ? 'after-end' : 'retry';
    const fetched = local || reports.some((report) => report.kind === 'download-end' && report.order <= back);
    return fetched ? 'between' : 'download';
  }
}

function timesOf(of: {
  readonly start: Of<'upgrade.start'>;
  readonly reports: readonly SeenReport[];
  readonly attempts: readonly Attempt[];
  readonly download: UpgradeRecord['download'];
  readonly ready: UpgradeRecord['ready'];
  readonly answer: UpgradeRecord['answer'];
  readonly timed: boolean;
}): UpgradeRecord['times'] {
  const { start, attempts, download, ready, timed } = of;
  if (!timed) return { download: undefined, flash: undefined, boot: undefined, total: undefined };
  const last = attempts.findLast((attempt) => attempt.ended !== undefined);
  const span = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined || to < from ? undefined : to - from;
  return {
    download: span(download?.started, download?.ended),
    flash: span(attempts.find((attempt) => attempt.startSeen)?.started, last?.ended),
    boot: span(last?.ended, ready?.t),
    total: span(start.t, ready?.t),
  };
}

/** The package names its versions as the pair does (`v12`); what they stand for is in the pair, or told by the version before. */
function versionsOf(window: Window, after: string | undefined): UpgradeRecord['versions'] {
  const { start, versions } = window;
  const before = window.before.identity?.revision;
  const resolve = (name: string): string | undefined => {
    const listed = versions[name];
    if (listed !== undefined) return listed;
    const seen = [before, after].find((revision) => revision !== undefined && namesRevision(name, revision));
    return seen ?? (isVersionName(name) ? name : undefined);
  };
  return { from: resolve(start.package.from), to: resolve(start.package.to), before, after };
}
