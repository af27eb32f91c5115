import { basename } from 'node:path';
import { messageOf } from '../base/errors.js';
import type { Ask } from './answers.js';
import type { ModuleFiles, Storage } from './files.js';
import { AnotherUnit, readCfun, readForeignImei, readImei, readRevision, readSim } from './identity.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';
import type { Pair } from './types.js';

/** How far a unit is from its baseline. */
export interface Health {
  readonly answers: boolean;
  readonly version: 'baseline' | 'upgraded' | 'other';
  /** What is wrong besides the version, in words: IMEI, SIM, CFUN, a package that cannot be deleted. */
  readonly faults: readonly string[];
  readonly ok: boolean;
  /** One line for the journal. */
  readonly text: string;
}

export interface HealthParts {
  readonly ports: Ports;
  readonly timing: Timing;
  readonly files: ModuleFiles;
  readonly pair: Pair;
  readonly imei: string;
  readonly storages: readonly Storage[];
  /** The SIM has to be ready; undefined: the rig does not need one. */
  readonly simReady: boolean;
}

/**
 * The quick check: answers, is itself, runs the baseline, SIM and CFUN as they should be. Deletes packages that were left behind. Throws AnotherUnit,
 * and has changed nothing, when it is not itself.
 */
export async function checkHealth(parts: HealthParts): Promise<Health> {
  const { ports, timing, pair, imei, simReady } = parts;
  const answers = await answersTwice(ports, timing);
  if (!answers) return { answers, version: 'other', faults: [], ok: false, text: 'does not answer AT' };
  const ask: Ask = (text) => ports.command(text, timing.command);
  const foreign = await readForeignImei(ask, imei);
  if (foreign !== undefined) throw new AnotherUnit(imei, foreign);
  const revision = await readRevision(ask);
  const version = versionOf(revision, pair);
  const faults: string[] = [];
  const seenImei = await readImei(ask);
  if (seenImei !== imei) faults.push(`IMEI ${seenImei ?? 'unreadable'}`);
  const cfun = await readCfun(ask);
  if (cfun !== '1') faults.push(`CFUN ${cfun ?? 'unreadable'}`);
  const sim = simReady ? await readSim(ask) : 'READY';
  if (sim !== 'READY') faults.push(`SIM ${sim ?? 'unreadable'}`);
  faults.push(...(await removeLeftovers(parts)));
  const ok = version === 'baseline' && faults.length === 0;
  return { answers, version, faults, ok, text: [`runs ${revision ?? 'an unreadable version'}`, ...faults].join(', ') };
}

/** Twice in a row: one answer may be a late one, from before a reboot. */
async function answersTwice(ports: Ports, timing: Timing): Promise<boolean> {
  let answered = 0;
  for (let silent = 0; silent < 2 && answered < 2;) {
    const { ok, result } = await ports.command('AT', timing.probe);
    if (result === 'lost') return false;
    answered = ok ? answered + 1 : 0;
    silent = ok ? 0 : silent + 1;
  }
  return answered >= 2;
}

function versionOf(revision: string | undefined, pair: Pair): Health['version'] {
  if (revision === pair.upgrade.fromRevision) return 'baseline';
  return revision === pair.upgrade.toRevision ? 'upgraded' : 'other';
}

/** Deletes what the run uploaded and what carries a package's name; what stays is told. */
async function removeLeftovers({ files, pair, storages }: HealthParts): Promise<readonly string[]> {
  const listed = await files.list();
  const packages = [basename(pair.upgrade.path), basename(pair.downgrade.path)];
  const faults: string[] = [];
  for (const storage of storages) {
    const ours = new Set([...packages, ...files.uploads.filter((file) => file.storage === storage).map(({ name }) => name)]);
    for (const { name } of listed[storage] ?? []) {
      if (!ours.has(name)) continue;
      try {
        await files.remove(storage, name);
      } catch (error) {
        faults.push(messageOf(error));
      }
    }
  }
  return faults;
}
