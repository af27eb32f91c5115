/** The score in text, for a terminal and as Markdown. */
import type { Score } from './score.js';

export interface SoundScore {
  readonly name: string;
  readonly seed: number;
  readonly exit: number | string;
  readonly took: number;
  readonly alarms: readonly string[];
  /** What the harness held against its own host, and tried again. */
  readonly repeats: readonly string[];
  readonly run: string;
}

export interface SelfCheck {
  readonly harness: { readonly version: string; readonly commit?: string; readonly node: string };
  /** Wall time of its start. */
  readonly started: string;
  readonly seed: number;
  readonly scale: number;
  /** `2/5` when only a part was run. */
  readonly part: string | undefined;
  readonly scores: readonly Score[];
  readonly sound: readonly SoundScore[];
  readonly interrupted: boolean;
}

export function isPerfect({ scores, sound, interrupted }: SelfCheck): boolean {
  return (
    !interrupted && scores.every(({ right }) => right) && sound.every(({ alarms, exit }) => alarms.length === 0 && exit === 0)
  );
}

export function summaryLine({ scores, sound }: SelfCheck): string {
  const of = (seeded: Score['seeded']): string => {
    const all = scores.filter((score) => score.seeded === seeded);
    return `${String(all.filter(({ right }) => right).length)} of ${String(all.length)}`;
  };
  const alarms = sound.filter(({ alarms: found, exit }) => found.length > 0 || exit !== 0).length;
  const firmware = `firmware defects caught with the right owner: ${of('firmware')}`;
  const left = `harmless variations left alone: ${of('harmless')}`;
  return `${firmware}; rig defects: ${of('rig')}; ${left}; false alarms: ${String(alarms)} in ${String(sound.length)} sound runs`;
}

/** One line as soon as a run has ended. */
export function lineText(score: Score): string {
  const state = score.right ? 'ok  ' : 'MISS';
  const by = score.seeded === 'harmless' && score.right ? `harmless: ${score.why ?? 'nothing found'}` : byText(score);
  return `${state} ${score.defect.padEnd(28)} ${score.seeded.padEnd(8)} ${seconds(score.took).padStart(7)}  ${score.note ?? by}`;
}

export function soundText({ name, seed, exit, took, alarms, repeats }: SoundScore): string {
  const state = alarms.length === 0 && exit === 0 ? 'ok  ' : 'MISS';
  const again = repeats.length === 0 ? '' : `; ${String(repeats.length)} tried again for the host's sake`;
  const said = alarms[0] ?? (exit === 0 ? `no alarm${again}` : `exit ${String(exit)}`);
  return `${state} ${`${name}, seed ${String(seed)}`.padEnd(28)} ${'sound'.padEnd(8)} ${seconds(took).padStart(7)}  ${said}`;
}

export function markdown(check: SelfCheck): string {
  const { harness, started, seed, scale, part, scores, sound } = check;
  const lines = [
    '# Self-check of the harness',
    '',
    `${summaryLine(check)}.`,
    '',
    `${started}, harness ${harness.version}${harness.commit === undefined ? '' : ` (${harness.commit})`}, Node.js ${harness.node}, ` +
      `seed ${String(seed)}, scale ${String(scale)}${part === undefined ? '' : `, part ${part}`}${check.interrupted ? ', interrupted' : ''}.`,
    '',
    '| defect | seeded in | caught | by | owner | exit | s |',
    '|---|---|---|---|---|---|---|',
    ...scores.map((score) =>
      row([
        `${score.defect}: ${score.summary}`,
        score.seeded,
        caughtText(score),
        score.seeded === 'harmless' && score.right ? (score.why ?? '') : byText(score),
        score.seeded === 'harmless' ? '' : `${score.named.join(', ')}${score.ownerRight ? '' : ' (wrong)'}`,
        `${String(score.exit)}${score.exitRight ? '' : ' (wrong)'}`,
        (score.took / 1000).toFixed(1),
      ]),
    ),
  ];
  const wrong = scores.filter(({ right }) => !right);
  if (wrong.length > 0)
    lines.push('', '## Not as it must be', '', ...wrong.map(({ defect, note, run }) => `- ${defect}: ${note ?? ''} (${run})`));
  if (sound.length > 0) {
    lines.push(
      '',
      '## Sound runs',
      '',
      '| run | seed | exit | alarms | tried again for the host | s |',
      '|---|---|---|---|---|---|',
    );
    lines.push(
      ...sound.map(({ name, seed: own, exit, alarms, repeats, took }) =>
        row([name, String(own), String(exit), alarms.join('; ') || 'none', repeats.join('; '), (took / 1000).toFixed(1)]),
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function caughtText({ seeded, caught }: Score): string {
  if (seeded === 'harmless') return caught ? '**false alarm**' : 'harmless';
  return caught ? 'yes' : '**missed**';
}

function byText({ by, caught, seeded }: Score): string {
  const shown = caught || seeded === 'harmless' ? by : [];
  const texts = shown.map(({ rule, requirement }) => (requirement === undefined ? rule : `${rule} (${requirement})`));
  return [...new Set(texts)].join(', ');
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replace(/\\/g, '\\\\').replace(/\|/g, '\\|').replace(/\n/g, ' ')).join(' | ')} |`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
