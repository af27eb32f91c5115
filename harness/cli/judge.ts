import type { CommandModule } from 'yargs';
import { UserError } from '../base/errors.js';
import type { JournalEvent } from '../journal/events.js';
import { JournalStream } from '../journal/reader.js';
import { evidenceIn, openEvidence, type EvidenceSource } from '../report/html/source.js';
import { UpgradeStream } from '../report/html/upgrade-stream.js';
import { judge } from '../verdict/judge.js';
import { printable, sequenceText, toText } from '../verdict/text.js';
import { changedVerdicts, SequencesAgain, sequenceVerdicts, type ToldSequence } from '../verdict/told.js';
import type { Judgement, UpgradeRecord } from '../verdict/types.js';

interface JudgeArguments {
  readonly file: string;
  readonly json: boolean;
  readonly rig: string | undefined;
}

/** What an upgrade of the file comes to; the whole of it only where it is asked for, since a long run has thousands. */
interface JudgedUpgrade {
  readonly rig: string | undefined;
  readonly id: string;
  readonly judgement: Judgement;
  readonly text: string;
  readonly record: UpgradeRecord | undefined;
  readonly notUnderstood: UpgradeRecord['notUnderstood'];
}

/** A file read as far as it can be read, and judged. */
interface Judged {
  readonly kind: EvidenceSource['kind'];
  readonly upgrades: readonly JudgedUpgrade[];
  /** What the run judged of several upgrades together, judged again. */
  readonly sequences: readonly (ToldSequence & { readonly text: string })[];
  /** Verdicts that were others during the run. */
  readonly changed: readonly string[];
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
      .positional('file', { type: 'string', demandOption: true, describe: 'The journal, the folder of a run, or the log' })
      .option('json', { type: 'boolean', default: false, describe: 'Print records, judgements and unread lines as JSON' })
      .option('rig', { type: 'string', describe: 'Only the upgrades of this rig of a journal' })
      .example('dfota judge reports/2026-01-31-night/journal.jsonl', 'every upgrade of a run')
      .example('dfota judge minicom.log --json', 'a log of a terminal program, for a program')
      .epilogue(
        'Exit codes: 0 nothing speaks against firmware or package (undecided included), 1 firmware or package at fault, ' +
          '2 wrong use, or nothing in the file to judge, 3 the rig or the harness spoilt an upgrade.',
      ),
  handler: ({ file: path, json, rig }) => {
    const file = evidenceIn(path);
    const judged = judgeFile(file, rig, json);
    process.stdout.write(json ? asJson(file, judged) : asText(file, judged));
    const results = [...judged.upgrades, ...judged.sequences].map(({ judgement }) => judgement.result);
    if (results.includes('fail')) process.exitCode = 1;
    else if (results.includes('invalid')) process.exitCode = 3;
  },
};

/** Goes through the file once; a journal may be larger than the memory. */
function judgeFile(file: string, rig: string | undefined, whole: boolean): Judged {
  const source = openEvidence(file);
  const { kind, timed } = source;
  if (rig !== undefined && kind === 'terminal log') {
    throw new UserError('--rig chooses among the rigs of a journal', {
      place: { file },
      seen: 'a terminal log, which names none',
    });
  }
  const verdicts = kind === 'journal' ? verdictsIn(file, rig) : [];
  const upgrades: JudgedUpgrade[] = [];
  const rigs = new Set<string>();
  const sequences = new Map<string, Judged['sequences'][number]>();
  const again = new SequencesAgain(sequenceVerdicts(verdicts), ({ rig: of, ids, judgement, events }) => {
    sequences.set(JSON.stringify([of, ids]), { rig: of, ids, judgement, text: sequenceText(ids, judgement, events) });
  });
  const stream = new UpgradeStream({ timed, fromLog: kind === 'terminal log' }, ({ record, lead, events }) => {
    rigs.add(record.rig ?? 'one without a name');
    if (rig !== undefined && record.rig !== rig) return;
    const judgement = judge(record);
    const own = [...lead, ...events];
    again.take(record, own);
    const { id, notUnderstood } = record;
    const text = whole ? '' : toText(record, judgement, own);
    upgrades.push({ rig: record.rig, id, judgement, text, record: whole ? record : undefined, notUnderstood });
  });
  let count = 0;
  for (const event of source.events()) {
    stream.take(event);
    count += 1;
  }
  stream.close();
  again.close();
  if (upgrades.length === 0) throw nothingToJudge(file, source, count, rig, rigs);
  const results = upgrades.map(({ rig: of, id, judgement }) => ({ rig: of, id, result: judgement.result }));
  const together = [...sequences.values()];
  return {
    kind,
    upgrades,
    sequences: together,
    changed: changedVerdicts(verdicts, results, together),
    notUnderstood: source.unreadable,
    remarks: [
      ...(source.cutOff ? ['The file ends in mid-line: its writer was cut off.'] : []),
      ...(timed ? [] : ['The log has no times for its reports: nothing is said about how long anything took.']),
    ],
  };
}

function verdictsIn(file: string, rig: string | undefined): readonly JournalEvent[] {
  const all = [...new JournalStream(file).events(new Set(['verdict']))];
  return rig === undefined ? all : all.filter((event) => event.rig === rig);
}

function nothingToJudge(
  file: string,
  { kind, unreadable }: EvidenceSource,
  count: number,
  rig: string | undefined,
  rigs: ReadonlySet<string>,
): UserError {
  if (rig !== undefined && rigs.size > 0)
    return new UserError(`no upgrade of rig ${rig}`, { place: { file }, seen: `upgrades of ${[...rigs].join(', ')}` });
  return new UserError('there is no upgrade in this file', {
    place: { file },
    asked: 'AT+QFOTADL or a +QIND: "FOTA" report',
    seen: `a ${kind} with ${String(count)} events and ${String(unreadable.length)} lines that were not understood, without either`,
    hint: 'give the journal.jsonl of a run, or the log of a terminal program that was open during an upgrade',
  });
}

function asJson(file: string, { kind, upgrades, sequences, changed, notUnderstood, remarks }: Judged): string {
  const records = upgrades.map(({ record, judgement }) => ({ record, judgement }));
  const together = sequences.map(({ rig, ids, judgement }) => ({ rig, ids, judgement }));
  const all = { file, kind, remarks, upgrades: records, sequences: together, changed, notUnderstood };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

const meanings: Readonly<Record<Judgement['result'], string>> = {
  pass: 'conform',
  fail: 'at fault: firmware or package',
  invalid: 'spoilt by the rig, the harness or the network',
  inconclusive: 'undecided: what was seen does not tell',
};

function asText(file: string, { kind, upgrades, sequences, changed, notUnderstood, remarks }: Judged): string {
  const counts = (Object.keys(meanings) as Judgement['result'][])
    .map((result) => ({
      result,
      count: [...upgrades, ...sequences].filter(({ judgement }) => judgement.result === result).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${String(count)} ${meanings[result]}`);
  const unread = [
    ...notUnderstood.map(
      ({ line, text, why }) => `  line ${String(line)}: ${printable(text)}${why === undefined ? '' : ` (${printable(why)})`}`,
    ),
    // A log's own lines are in the list above already.
    ...(kind === 'journal'
      ? upgrades.flatMap((upgrade) =>
          upgrade.notUnderstood.map(({ event, line, text }) => `  #${String(event)} ${line}: ${printable(text)}`),
        )
      : []),
  ];
  return [
    `${file}: a ${kind}, upgrades: ${String(upgrades.length)}`,
    ...remarks,
    ...(changed.length === 0 ? [] : ['Judged otherwise than during the run:', ...changed.map((text) => `  ${printable(text)}`)]),
    '',
    [...upgrades, ...sequences].map(({ text }) => text).join('\n\n'),
    '',
    ...(unread.length === 0
      ? ['Every line was understood.']
      : [`Lines that were not understood: ${String(unread.length)}`, ...unread]),
    counts.join(', '),
    '',
  ].join('\n');
}
