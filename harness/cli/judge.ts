import { readFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { hasCode, messageOf, UserError } from '../base/errors.js';
import type { JournalEvent } from '../journal/events.js';
import { parseJournal } from '../journal/reader.js';
import { fold } from '../verdict/fold.js';
import { judge } from '../verdict/judge.js';
import { readTerminalLog } from '../verdict/log/read-log.js';
import { printable, sequenceText, toText } from '../verdict/text.js';
import { changedVerdicts, sequencesOf, type ToldSequence } from '../verdict/told.js';
import type { Judgement, UpgradeRecord } from '../verdict/types.js';

interface JudgeArguments {
  readonly file: string;
  readonly json: boolean;
  readonly rig: string | undefined;
}

/** A file read as far as it can be read. */
interface Evidence {
  readonly kind: 'journal' | 'terminal log';
  readonly events: readonly JournalEvent[];
  readonly records: readonly UpgradeRecord[];
  /** Lines that were not understood, with their number in the file. */
  readonly notUnderstood: readonly { readonly line: number; readonly text: string; readonly why?: string }[];
  readonly remarks: readonly string[];
}

export const command: CommandModule<object, JudgeArguments> = {
  command: 'judge <file>',
  describe: 'Judge a journal or a terminal log',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota judge <file>\n\nReads a journal of this harness (journal.jsonl) or a plain terminal log, with or without time stamps, ' +
          'and says of every upgrade in it how it ended, what speaks against whom, and why. docs/verdicts.md explains the words.',
      )
      .positional('file', { type: 'string', demandOption: true, describe: 'The journal or the log' })
      .option('json', { type: 'boolean', default: false, describe: 'Print records, judgements and unread lines as JSON' })
      .option('rig', { type: 'string', describe: 'Only the upgrades of this rig of a journal' })
      .example('dfota judge reports/2026-01-31-night/journal.jsonl', 'every upgrade of a run')
      .example('dfota judge minicom.log --json', 'a log of a terminal program, for a program')
      .epilogue(
        'Exit codes: 0 nothing speaks against firmware or package (undecided included), 1 firmware or package at fault, ' +
          '2 wrong use, or nothing in the file to judge, 3 the rig or the harness spoilt an upgrade.',
      ),
  handler: ({ file, json, rig }) => {
    const evidence = readEvidence(file, rig);
    const judged = evidence.records.map((record) => ({ record, judgement: judge(record) }));
    const sequences = sequencesOf(evidence.events, evidence.records);
    const all = { judged, sequences, changed: changedVerdicts(evidence.events, judged, sequences) };
    process.stdout.write(json ? asJson(file, evidence, all) : asText(file, evidence, all));
    const results = [...judged, ...sequences].map(({ judgement }) => judgement.result);
    if (results.includes('fail')) process.exitCode = 1;
    else if (results.includes('invalid')) process.exitCode = 3;
  },
};

interface Judged {
  readonly judged: readonly { readonly record: UpgradeRecord; readonly judgement: Judgement }[];
  /** What the run judged of several upgrades together, judged again. */
  readonly sequences: readonly ToldSequence[];
  /** Verdicts that were others during the run. */
  readonly changed: readonly string[];
}

function readEvidence(file: string, rig: string | undefined): Evidence {
  const text = readText(file);
  const evidence = looksLikeJournal(text) ? ofJournal(text) : ofLog(text);
  if (rig !== undefined && evidence.kind === 'terminal log') {
    throw new UserError('--rig chooses among the rigs of a journal', {
      place: { file },
      seen: 'a terminal log, which names none',
    });
  }
  const records = rig === undefined ? evidence.records : evidence.records.filter((record) => record.rig === rig);
  if (records.length > 0) {
    const events = rig === undefined ? evidence.events : evidence.events.filter((event) => event.rig === rig);
    return { ...evidence, records, events };
  }
  if (rig !== undefined && evidence.records.length > 0) {
    const rigs = [...new Set(evidence.records.map((record) => record.rig ?? 'one without a name'))];
    throw new UserError(`no upgrade of rig ${rig}`, { place: { file }, seen: `upgrades of ${rigs.join(', ')}` });
  }
  throw new UserError('there is no upgrade in this file', {
    place: { file },
    asked: 'AT+QFOTADL or a +QIND: "FOTA" report',
    seen: `a ${evidence.kind} of ${String(text.split('\n').length)} lines without either`,
    hint: 'give the journal.jsonl of a run, or the log of a terminal program that was open during an upgrade',
  });
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR'))
      throw new UserError('no such file', { place: { file }, hint: 'a run leaves its journal in reports/<run>/journal.jsonl' });
    if (hasCode(error, 'EISDIR'))
      throw new UserError('this is a folder', { place: { file }, hint: `try ${file.replace(/\/+$/, '')}/journal.jsonl` });
    throw new UserError('the file cannot be read', { place: { file }, seen: messageOf(error), cause: error });
  }
  if (isBinary(bytes)) {
    throw new UserError('this is neither a journal nor a log, but a binary file', {
      place: { file },
      hint: 'dfota package looks into delta packages',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // A raw capture with junk bytes of the line in it.
    return bytes.toString('latin1');
  }
}

/** Known beginnings of binary files, or more control bytes than a capture of a noisy line has. */
function isBinary(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 65_536);
  const magic = start.subarray(0, 4).toString('latin1');
  if (magic.startsWith('PK\x03\x04') || magic === '\x7fELF' || magic.startsWith('\x1f\x8b')) return true;
  let control = 0;
  for (const byte of start) if (byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32) || byte === 127) control += 1;
  return control > start.length * 0.1 && control > 16;
}

/** A journal's first whole line is an event, or at least begins as one does. */
function looksLikeJournal(text: string): boolean {
  return /^\s*\{\s*"(?:n|t|at|rig|type)"\s*:/.test(text.replace(/^\ufeff/, ''));
}

function ofJournal(text: string): Evidence {
  const { events, unreadable, cutOff } = parseJournal(text);
  const remarks = cutOff ? ['The file ends in mid-line: its writer was cut off.'] : [];
  return { kind: 'journal', events, records: fold(events), notUnderstood: unreadable, remarks };
}

function ofLog(text: string): Evidence {
  const { events, timed, notUnderstood } = readTerminalLog(text);
  const remarks = timed ? [] : ['The log has no times for its reports: nothing is said about how long anything took.'];
  return { kind: 'terminal log', events, records: fold(events, { timed, fromLog: true }), notUnderstood, remarks };
}

function asJson(file: string, { kind, notUnderstood, remarks }: Evidence, all: Judged): string {
  const { judged, sequences, changed } = all;
  return `${JSON.stringify({ file, kind, remarks, upgrades: judged, sequences, changed, notUnderstood }, undefined, 2)}\n`;
}

const meanings: Readonly<Record<Judgement['result'], string>> = {
  pass: 'conform',
  fail: 'at fault: firmware or package',
  invalid: 'spoilt by the rig, the harness or the network',
  inconclusive: 'undecided: what was seen does not tell',
};

function asText(file: string, { kind, events, records, notUnderstood, remarks }: Evidence, all: Judged): string {
  const { judged, sequences, changed } = all;
  const rigs = new Map<string | undefined, JournalEvent[]>(records.map(({ rig }) => [rig, []]));
  for (const event of events) rigs.get(event.rig)?.push(event);
  const own = (record: UpgradeRecord): readonly JournalEvent[] => rigs.get(record.rig) ?? [];
  const blocks = [
    ...judged.map(({ record, judgement }) => toText(record, judgement, own(record))),
    ...sequences.map(({ rig, ids, judgement }) => sequenceText(ids, judgement, rigs.get(rig) ?? [])),
  ];
  const counts = (Object.keys(meanings) as Judgement['result'][])
    .map((result) => ({
      result,
      count: [...judged, ...sequences].filter(({ judgement }) => judgement.result === result).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${String(count)} ${meanings[result]}`);
  const unread = [
    ...notUnderstood.map(
      ({ line, text, why }) => `  line ${String(line)}: ${printable(text)}${why === undefined ? '' : ` (${printable(why)})`}`,
    ),
    // A log's own lines are in the list above already.
    ...(kind === 'journal'
      ? records.flatMap((record) =>
          record.notUnderstood.map(({ event, line, text }) => `  #${String(event)} ${line}: ${printable(text)}`),
        )
      : []),
  ];
  return [
    `${file}: a ${kind}, upgrades: ${String(judged.length)}`,
    ...remarks,
    ...(changed.length === 0 ? [] : ['Judged otherwise than during the run:', ...changed.map((text) => `  ${printable(text)}`)]),
    '',
    blocks.join('\n\n'),
    '',
    ...(unread.length === 0
      ? ['Every line was understood.']
      : [`Lines that were not understood: ${String(unread.length)}`, ...unread]),
    counts.join(', '),
    '',
  ].join('\n');
}
