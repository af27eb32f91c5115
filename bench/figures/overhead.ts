import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rigFileText } from '../../harness/cli/self-check/rig-file.js';
import { JournalStream } from '../../harness/journal/reader.js';
import { median, table } from './table.js';

const root = join(__dirname, '..', '..');
/** Real seconds for one of the module's. */
const scales = [0.02, 0.05, 0.1];
const rounds = 3;
const ways = ['ftp', 'ufs'] as const;

/**
 * What a round trip takes beside the module's own time. It is run with the module at several speeds: what grows with the module's second is the
 * module's own, and what is left when that is nothing is the harness's (with what the simulator computes, which is counted against it).
 */
export function overhead(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-overhead-'));
  try {
    const seconds = new Map<string, { readonly scale: number; readonly took: number }[]>(ways.map((way) => [way, []]));
    for (const scale of scales) {
      const measured = new Map<string, number[]>(ways.map((way) => [way, []]));
      for (let round = 0; round < rounds; round += 1)
        for (const [way, took] of roundTrips(join(folder, `${String(scale)}-${String(round)}`), scale))
          measured.get(way)?.push(took);
      for (const [way, took] of measured) seconds.get(way)?.push({ scale, took: median(took) });
    }
    const rows = [...seconds].map(([way, points]) => {
      const { own, module } = fit(points);
      return {
        'round trip over': way,
        "module's own time, s": module.toFixed(1),
        'harness and simulator, s': own.toFixed(2),
        'overhead on a real module': `${((own / module) * 100).toFixed(2)} %`,
      };
    });
    return table(
      `Overhead: round trips at ${scales.map((scale) => `${String(1 / scale)} ×`).join(', ')} a real module's speed`,
      rows,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds of each way's test. */
function roundTrips(folder: string, scale: number): ReadonlyMap<string, number> {
  mkdirSync(folder, { recursive: true });
  const rig = join(folder, 'rig.yaml');
  writeFileSync(rig, rigFileText({ template: join(root, 'rigs', 'simulated-ec25.yaml'), name: 'bench', scale }));
  const out = join(folder, 'run');
  const words = ['run', '--rig', rig, '--packages', join(root, 'rigs', 'packages', 'simulated-ec25.yaml')];
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'bin', 'dfota.js'),
      ...words,
      '--suite',
      'round-trip',
      '-t',
      `over (${ways.join('|')}) `,
      '--seed',
      '1',
      '--out',
      out,
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DFOTA_STATE: folder, DFOTA_LEDGER: join(folder, 'ledger.sqlite') },
    },
  );
  if (status !== 0) throw new Error(`the run ended with ${String(status)}`);
  const began = new Map<string, number>();
  const took = new Map<string, number>();
  for (const event of new JournalStream(join(out, 'journal.jsonl'))) {
    if (event.type === 'test.start') began.set(event.test, event.t);
    if (event.type !== 'test.end' || event.status !== 'passed') continue;
    const way = ways.find((each) => event.test.includes(`over ${each} `));
    if (way !== undefined) took.set(way, (event.t - (began.get(event.test) ?? event.t)) / 1000);
  }
  return took;
}

/** took = own + module × scale, by least squares. */
function fit(points: readonly { readonly scale: number; readonly took: number }[]): { own: number; module: number } {
  const mean = (pick: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(({ scale }) => scale), mean(({ took }) => took)];
  const up = points.reduce((sum, { scale, took }) => sum + (scale - x) * (took - y), 0);
  const down = points.reduce((sum, { scale }) => sum + (scale - x) ** 2, 0);
  const module = up / down;
  return { own: y - module * x, module };
}
