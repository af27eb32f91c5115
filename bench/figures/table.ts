import { cpus, loadavg, release } from 'node:os';

export type Row = Readonly<Record<string, string>>;

/** The machine and what else it does, for every figure that is kept. */
export function machine(): string {
  const [processor] = cpus();
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `${new Date().toISOString()}, ${String(cpus().length)} × ${processor?.model ?? '?'}, Linux ${release()}, Node.js ${process.version}, load ${load}`;
}

/** A table as docs/performance.md has them. */
export function table(title: string, rows: readonly Row[]): string {
  const heads = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '',
    title,
    '',
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map((row) => line(heads.map((head) => row[head] ?? ''))),
  ].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Each has its turn in every round, so that what else the machine does slows all of them. Gives the median seconds of each. */
export async function inTurns(rounds: number, programs: readonly (() => Promise<void> | void)[]): Promise<readonly number[]> {
  const seconds = programs.map(() => [] as number[]);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < programs.length; turn += 1) {
      const index = (turn + round) % programs.length;
      const began = performance.now();
      await programs[index]?.();
      seconds[index]?.push((performance.now() - began) / 1000);
    }
  }
  return seconds.map(median);
}

/** `3.2 MB/s` and its ratio to the floor. */
export const times = (value: number, floor: number): string => `${(value / floor).toFixed(2)} ×`;
