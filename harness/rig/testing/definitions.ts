import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DefinitionError } from '../problems.js';

/** A folder of definitions for one test. */
export class Definitions {
  readonly folder = mkdtempSync(join(tmpdir(), 'dfota-rig-'));

  write(name: string, text: string | Buffer): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** The problems found, without the folder, one a line. */
  problemsOf(load: () => unknown): string[] {
    try {
      load();
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      expect(error.exitCode).toBe(2);
      const lines = error.explain().split('\n');
      expect(lines.at(-1)).toMatch(/^ {2}try: /);
      return lines.slice(0, -1).map((line) => pointed(line).replaceAll(`${this.folder}/`, ''));
    }
    return [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `a.yaml:3:15:` as `a.yaml:3:«word that stands there»:`, so that a test says what is pointed at, not how far from the edge. */
function pointed(text: string): string {
  return text.replace(/(\/\S+\.yaml):(\d+):(\d+):/g, (_all, file: string, line: string, column: string) => {
    const rest = (readFileSync(file, 'utf8').split('\n')[Number(line) - 1] ?? '').slice(Number(column) - 1);
    return `${file}:${line}:«${/^("[^"]*"|[\w./+-]+|.)/.exec(rest)?.[0] ?? ''}»:`;
  });
}

export const sound: Record<string, string> = {
  name: 'ec25-a',
  module: 'EC25',
  unit: '{ imei: "861107030000001" }',
  lines: '{ uart: { device: /dev/ttyS1 } }',
  power: '{ command: { powerKey: [key, "{ms}"] } }',
  network: '{ apn: internet }',
  delivery: '{ ufs: true }',
};

/** A sound rig but for the given keys; null leaves one out. */
export function rigText(changes: Record<string, string | null> = {}): string {
  return Object.entries({ ...sound, ...changes })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${String(value)}\n`)
    .join('');
}
