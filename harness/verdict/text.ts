import type { JournalEvent } from '../journal/events.js';
import { list } from './facts.js';
import { requirementText } from './requirements.js';
import type { Finding, Judgement, UpgradeRecord } from './types.js';

/** Journal lines shown for one finding; the rest is counted. */
const mostLines = 6;
const widest = 160;
const stamps: ReadonlySet<string> = new Set(['n', 't', 'at', 'rig', 'type']);

/** The judgement as a block of text: what was done, how it ended, every finding, every observation. */
export function toText(record: UpgradeRecord, judgement: Judgement, events: readonly JournalEvent[] = []): string {
  return [
    head(record, judgement),
    ...judgement.findings.flatMap((finding) => findingText(finding, events, record.fromLog)),
    ...judgement.observations.map(({ text }) => `  note  ${printable(text)}`),
  ].join('\n');
}

/** The same without observations, for the message of a failed test. */
export function failureText(record: UpgradeRecord, judgement: Judgement, events: readonly JournalEvent[] = []): string {
  return [head(record, judgement), ...judgement.findings.flatMap((finding) => findingText(finding, events, record.fromLog))].join(
    '\n',
  );
}

/** What several upgrades show together, for the message of a failed test as well. */
export function sequenceText(
  ids: readonly string[],
  { result, findings }: Judgement,
  events: readonly JournalEvent[] = [],
): string {
  return [
    printable(`${result.toUpperCase()}: ${list(ids)} taken together`),
    ...findings.flatMap((finding) => findingText(finding, events, false)),
  ].join('\n');
}

function head(record: UpgradeRecord, { result, ending }: Judgement): string {
  const way = [record.rig, record.source, record.package?.file].filter((part) => part !== undefined && part !== '').join(', ');
  const { before, after } = record.versions;
  const versions = before === undefined && after === undefined ? '' : `\n  versions ${before ?? '?'} → ${after ?? '?'}`;
  const attempts = record.attempts.map(({ percentages, ends }) => {
    const told = percentages.map(({ percent }) => percent).filter((percent) => percent !== undefined);
    const span = told.length === 0 ? 'no progress' : `${String(told[0])}–${String(told.at(-1))} %`;
    return `${span}, ${ends.length === 0 ? 'no END' : `END ${list(ends)}`}`;
  });
  const tried =
    attempts.length === 0
      ? ''
      : `\n  attempts ${attempts.map((attempt, index) => `${String(index + 1)}: ${attempt}`).join('; ')}`;
  return printable(`${result.toUpperCase()}: ${record.id} (${way}) ended as ${ending ?? 'undecided'}${versions}${tried}`);
}

function findingText(
  { rule, requirement, owner, text, expected, seen, events: numbers }: Finding,
  events: readonly JournalEvent[],
  fromLog: boolean,
): string[] {
  const lines = numbers.map((number) => events.find(({ n }) => n === number)).filter((event) => event !== undefined);
  const more = lines.length - mostLines;
  return [
    `  ${owner}: ${printable(text)}`,
    `    rule        ${rule}`,
    `    requirement ${requirement} ${requirementText(requirement)}`,
    `    expected    ${printable(expected)}`,
    `    seen        ${printable(seen)}`,
    ...lines.slice(0, mostLines).map((event) => (fromLog ? logText(event) : `    #${String(event.n)} ${eventText(event)}`)),
    ...(more > 0 ? [`    … and ${String(more)} more`] : []),
    ...(lines.length === 0 && numbers.length > 0 ? [`    events      ${list(numbers)}`] : []),
  ];
}

/** A line of a log, as it stands there. */
function logText(event: JournalEvent): string {
  return `    line ${String(event.n)}: ${printable(event.type === 'line.rx' ? event.data.trim() : event.type)}`;
}

/** One event on one line: time, type, and what it says. */
export function eventText(event: JournalEvent): string {
  const said = Object.entries(event)
    .filter(([key]) => !stamps.has(key))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const text = `${(event.t / 1000).toFixed(3)} ${event.type} ${said.join(' ')}`;
  return printable(text.length > widest ? `${text.slice(0, widest - 1)}…` : text);
}

/** What a module says is shown, never obeyed by the terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
