import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../jest/paths.js';

const entry = z.looseObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  summary: z.string(),
  owner: z.enum(['firmware', 'rig']),
  harmless: z.boolean(),
  why: z.string().optional(),
});
const list = z.array(entry);

/** A deviation by which a simulated unit can be started, as the simulator lists it, or something that its host does. */
export interface Defect {
  readonly name: string;
  readonly summary: string;
  /** Whose fault it is as seeded. */
  readonly owner: 'firmware' | 'rig' | 'harmless';
  /** Of a harmless one: why nobody may find fault with it. */
  readonly why?: string;
}

/** Asks the simulator, which is a program of its own and shares no code with the harness. */
export function readCatalogue(): readonly Defect[] {
  const main = join(projectRoot(), 'dist', 'harness', 'simulator', 'main.js');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, 'defects', '--json'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the simulator does not list its defects: exit ${String(status)}\n${stderr}`);
  return parseCatalogue(stdout);
}

export function parseCatalogue(text: string): readonly Defect[] {
  const defects = list.parse(JSON.parse(text)).map(({ name, summary, owner, harmless, why }) => ({
    name,
    summary,
    owner: harmless ? ('harmless' as const) : owner,
    ...(why === undefined ? {} : { why }),
  }));
  const twice = defects.find(({ name }, index) => defects.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Error(`the simulator lists ${twice.name} twice`);
  return defects;
}
