import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { UpgradeRecord } from '../../verdict/types.js';
import { lanes, type Lane, type Timeline, type Tone } from './data.js';
import { answerText, eventSays, responseText } from './event-text.js';
import type { Identities } from './identities.js';
import type { Levels } from './levels.js';

interface Entry {
  readonly lane: Lane;
  readonly t: number;
  readonly took?: number;
  readonly n: number;
  readonly tone?: Tone;
  readonly label: string;
  readonly text: string;
}

/** Everything that happened during one upgrade, in lanes: what a chart needs and no more. */
export function timelineOf(
  record: UpgradeRecord,
  events: readonly JournalEvent[],
  before: Levels,
  identities: Identities,
): Timeline {
  const zero = events[0]?.t ?? 0;
  const at = (t: number): number => round(t - zero);
  const entries = [...reports(record, identities), ...others(events, identities)].sort((a, b) => a.t - b.t);
  const percents = record.reports.filter(
    (report) => (report.kind === 'updating' || report.kind === 'restore') && typeof report.value === 'number',
  );
  const span = Math.max(1, at(events.at(-1)?.t ?? zero));
  return {
    timed: record.timed,
    span,
    percents: {
      t: percents.map(({ order }) => at(order)),
      percent: percents.map(({ value }) => Number(value)),
      n: percents.map(({ events: [event] }) => event ?? 0),
    },
    attempts: record.attempts.map((attempt) => ({
      number: attempt.number,
      from: at(attempt.reports[0]?.order ?? zero),
      to: at(attempt.reports.at(-1)?.order ?? zero),
    })),
    cuts: record.cuts.map(({ t, phase, proven }) => ({
      t: at(t),
      text: `power cut (${phase})${proven ? '' : ', not proven'}`,
    })),
    levels: levelsOf(events, before, at),
    events: {
      lane: entries.map(({ lane }) => lanes.indexOf(lane)),
      t: entries.map(({ t }) => at(t)),
      took: entries.map(({ took }) => round(took ?? 0)),
      n: entries.map(({ n }) => n),
      tone: entries.map(({ tone }) => tone ?? ''),
      label: entries.map(({ label }) => label),
      text: entries.map(({ text }) => text),
    },
  };
}

function reports(record: UpgradeRecord, identities: Identities): Entry[] {
  const told = record.reports.flatMap((report): Entry[] => {
    const { kind, value, text, lines, order, events, doubtful } = report;
    if ((kind === 'updating' || kind === 'restore') && typeof value === 'number') return [];
    const n = events[0] ?? 0;
    const seen = `${identities.maskBytes(text.trim())} — on ${lines.join(', ')}${doubtful ? '; cut short or glued' : ''}`;
    return [{ lane: 'report', t: order, n, label: labelOf(report), text: seen, tone: toneOf(kind, value, doubtful) }];
  });
  const lost = record.notUnderstood.map(({ text, event, line, order }): Entry => ({
    lane: 'report',
    t: order,
    n: event,
    tone: 'warn',
    label: '?',
    text: `not understood: ${identities.maskBytes(text)} — on ${line}`,
  }));
  return [...told, ...lost];
}

function labelOf({ kind, value, protocol }: UpgradeRecord['reports'][number]): string {
  const number = value === undefined ? '' : ` ${String(value)}`;
  switch (kind) {
    case 'download-start':
      return `${(protocol ?? '').toUpperCase()}START`;
    case 'download-end':
      return `${(protocol ?? '').toUpperCase()}END${number}`;
    case 'start':
      return 'START';
    case 'end':
      return `END${number}`;
    case 'updating':
    case 'restore':
      return `${kind.toUpperCase()} ?`;
    case 'powered-down':
      return 'POWERED DOWN';
    case 'boot':
    case 'text':
      return String(value ?? kind).slice(0, 24);
  }
}

function toneOf(kind: UpgradeRecord['reports'][number]['kind'], value: unknown, doubtful: boolean): Tone {
  if (doubtful) return 'warn';
  if (kind !== 'end' && kind !== 'download-end') return '';
  return value === 0 ? 'good' : 'bad';
}

/** Everything but reports: those are merged from all lines already. */
function others(events: readonly JournalEvent[], identities: Identities): Entry[] {
  const answers = index(events, 'at.answer', ({ line, id }) => `${line} ${String(id)}`);
  const done = index(events, 'power.done', ({ id }) => String(id));
  const responses = index(events, 'server.response', ({ protocol, connection, request }) =>
    [protocol, connection, request].join(' '),
  );
  return events.flatMap((event): Entry[] => {
    const { t, n } = event;
    const text = eventSays(event, identities);
    switch (event.type) {
      case 'at.command': {
        const answer = answers.get(`${event.line} ${String(event.id)}`);
        const tone = answer === undefined || answer.result === 'OK' || answer.result === 'CONNECT' ? '' : 'bad';
        const reply = answer === undefined ? 'no answer' : answerText(answer, identities);
        const label = commandLabel(identities.mask(event.text.trim()));
        return [{ lane: 'at', t, n, took: answer?.took ?? 0, tone, label, text: `${text} ⇒ ${reply}` }];
      }
      case 'line.tx':
        return event.data === undefined ? [{ lane: 'at', t, n, label: 'upload', text }] : [];
      case 'usb.arrived':
        return [{ lane: 'usb', t, n, tone: event.kind === 'module' ? '' : 'bad', label: event.kind, text }];
      case 'usb.left':
        return [{ lane: 'usb', t, n, label: 'left', text }];
      case 'line.appeared':
      case 'line.gone':
      case 'line.open':
      case 'line.lost':
      case 'line.closed':
        return [{ lane: 'usb', t, n, label: `${event.line} ${event.type.slice(5)}`, text }];
      case 'power.do': {
        const end = done.get(String(event.id));
        const tone = end?.error !== undefined ? 'bad' : event.action === 'off' ? 'cut' : '';
        const pulse = event.action === 'press' ? (event.ms ?? 0) : (end?.took ?? 0);
        const what = text.slice(0, text.indexOf(':'));
        return [
          {
            lane: 'power',
            t,
            n,
            took: pulse,
            tone,
            label: what,
            text: end?.error === undefined ? text : `${text}; ${eventSays(end, identities)}`,
          },
        ];
      }
      case 'power.status':
        return [{ lane: 'power', t, n, label: `STATUS ${event.on ? 'on' : 'off'}`, text }];
      case 'server.request': {
        const answer = responses.get([event.protocol, event.connection, event.request].join(' '));
        const tone = answer !== undefined && answer.code >= 400 ? 'bad' : '';
        const reply = answer === undefined ? 'no response' : responseText(answer);
        return [{ lane: 'server', t, n, took: answer?.took ?? 0, tone, label: event.verb, text: `${text} ⇒ ${reply}` }];
      }
      case 'server.connection':
      case 'server.login':
      case 'delivery.publish':
        return [{ lane: 'server', t, n, label: labels[event.type] ?? event.type, text }];
      case 'delivery.fault':
        return [{ lane: 'server', t, n, tone: 'warn', label: event.fault.name, text }];
      case 'rig.fault':
      case 'module.device':
        return [{ lane: 'harness', t, n, tone: 'bad', label: labels[event.type] ?? event.type, text }];
      case 'host.lag':
        return [{ lane: 'harness', t: t - event.ms, n, took: event.ms, tone: 'warn', label: 'host stood still', text }];
      case 'trial.cut':
        return [{ lane: 'harness', t, n, tone: 'cut', label: `cut asked: ${event.asked}`, text }];
      case 'module.ready':
        return [{ lane: 'harness', t, n, tone: 'good', label: 'normal mode', text }];
      case 'upgrade.start':
      case 'upgrade.end':
      case 'module.identity':
      case 'module.files':
      case 'verdict':
      case 'trial.end':
      case 'restore.rung':
      case 'note':
        return [{ lane: 'harness', t, n, label: labels[event.type] ?? event.type, text }];
      default:
        return [];
    }
  });
}

/** A command as it is called on a chart; its parameters stand in the text. */
function commandLabel(text: string): string {
  const equals = text.indexOf('=');
  return text.length <= 20 ? text : equals > 0 && equals <= 20 ? `${text.slice(0, equals)}=…` : `${text.slice(0, 20)}…`;
}

const labels: Readonly<Partial<Record<JournalEvent['type'], string>>> = {
  'server.connection': 'connection',
  'server.login': 'login',
  'delivery.publish': 'published',
  'rig.fault': 'rig fault',
  'module.device': 'other device',
  'upgrade.start': 'upgrade begins',
  'upgrade.end': 'watch ends',
  'module.identity': 'identity read',
  'module.files': 'files read',
  'trial.end': 'trial ends',
  'restore.rung': 'restore',
};

function index<T extends JournalEvent['type']>(
  events: readonly JournalEvent[],
  type: T,
  keyOf: (event: EventOf<T>) => string,
): ReadonlyMap<string, EventOf<T>> {
  return new Map(events.filter((event): event is EventOf<T> => event.type === type).map((event) => [keyOf(event), event]));
}

function levelsOf(events: readonly JournalEvent[], before: Levels, at: (t: number) => number): Timeline['levels'] {
  const now = before.copy();
  const names = new Map<string, { lane: Lane; start: boolean | undefined; t: number[]; on: boolean[] }>();
  const entry = (name: string, lane: Lane): { t: number[]; on: boolean[] } => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const made = { lane, start: before.get(name), t: [], on: [] };
    names.set(name, made);
    return made;
  };
  for (const { name, lane } of before.all()) entry(name, lane);
  for (const event of events) {
    for (const { name, lane, on } of now.take(event)) {
      const level = entry(name, lane);
      level.t.push(at(event.t));
      level.on.push(on);
    }
  }
  return [...names].map(([name, level]) => ({ name, ...level }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
