import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { hasCode, messageOf, type Place } from '../base/errors.js';
import { readDocument, type KeyPath, type SourceDocument } from './document.js';
import { jsonSchema, type SchemaName } from './json-schema.js';
import { DefinitionError, problemsOf, type Problem } from './problems.js';
import { packagePair, rigDefinition, type PackagePair, type RigDefinition } from './schema.js';
import { conflicts } from './together.js';

/** A definition with the file it came from. */
export interface Loaded<T> {
  /** As the user named it. */
  readonly file: string;
  readonly definition: T;
  /** What can be used but should be looked at, for example a device by its ttyUSB number. */
  readonly warnings: readonly Problem[];
  /** Where a key stands in the file. */
  readonly place: (path: KeyPath) => Place;
}
export type LoadedRig = Loaded<RigDefinition>;
export interface LoadedPair extends Loaded<PackagePair> {
  /** Absolute paths of the packages; they are there. */
  readonly files: { readonly upgrade: string; readonly downgrade: string };
}

/** Reads a rig definition. Throws a DefinitionError with every problem found. */
export function loadRig(file: string): LoadedRig {
  return orThrow(readRig(file));
}

/** Reads several rig definitions that are to be used side by side: no two may share a name, a unit, a line, a wire or a port. */
export function loadRigs(files: readonly string[]): LoadedRig[] {
  const outcomes = files.map(readRig);
  const problems = outcomes.flatMap((outcome) => (isProblems(outcome) ? outcome : []));
  const rigs = outcomes.flatMap((outcome) => (isProblems(outcome) ? [] : [outcome]));
  const all = [...problems, ...conflicts(rigs)];
  if (all.length > 0) throw new DefinitionError(all);
  return rigs;
}

/** Reads a package pair and looks for its files. Throws a DefinitionError with every problem found, missing files too. */
export function loadPair(file: string): LoadedPair {
  const outcome = read(file, packagePair, 'packages');
  if (isProblems(outcome)) throw new DefinitionError(outcome);
  const { document, definition } = outcome;
  const problems: Problem[] = [];
  const find = (name: 'upgrade' | 'downgrade'): string => {
    const path = resolve(dirname(file), definition[name].file);
    const wrong = wrongWith(path);
    if (wrong !== undefined) problems.push({ place: document.place([name, 'file']), what: wrong });
    return path;
  };
  const files = { upgrade: find('upgrade'), downgrade: find('downgrade') };
  if (problems.length > 0) throw new DefinitionError(problems);
  return { file, definition, files, warnings: [], place: document.place };
}

function wrongWith(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? undefined : `${path} is not an ordinary file`;
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) return `${path} cannot be used: ${messageOf(error)}`;
    // Only the simulated pairs are made by us.
    const hint = /\/packages\/simulated\//.test(path) ? '; `npm run packages` makes the simulated pairs' : '';
    return `there is no file ${path}${hint}`;
  }
}

/** A rig can only be given packages for its own kind of module. Throws a DefinitionError when the pair does not fit. */
export function checkPairFits(rig: LoadedRig, pair: LoadedPair): void {
  if (rig.definition.module === pair.definition.module) return;
  const what = `the packages are for ${pair.definition.module}, but rig ${rig.definition.name} (${rig.file}) has an ${rig.definition.module}`;
  throw new DefinitionError([{ place: pair.place(['module']), what }]);
}

function readRig(file: string): LoadedRig | readonly Problem[] {
  const outcome = read(file, rigDefinition, 'rig');
  if (isProblems(outcome)) return outcome;
  const { document } = outcome;
  const definition = withAbsolutePrograms(outcome.definition, dirname(resolve(file)));
  const own: LoadedRig = { file, definition, warnings: warningsOf(definition, document), place: document.place };
  const problems = conflicts([own]);
  return problems.length > 0 ? problems : own;
}

function read<S extends z.ZodType>(
  file: string,
  definition: S,
  name: SchemaName,
): { document: SourceDocument; definition: z.output<S> } | readonly Problem[] {
  const document = readDocument(file);
  if (isProblems(document)) return document;
  const parsed = definition.safeParse(document.value);
  // The schema is made for a hint alone: that takes longer than all the rest.
  if (!parsed.success) return problemsOf(parsed.error.issues, document, jsonSchema(name));
  return { document, definition: parsed.data };
}

/** `./switch.sh` and `../switch.sh` start at the rig's file, so that the rig works from any folder. */
function withAbsolutePrograms(rig: RigDefinition, folder: string): RigDefinition {
  const absolute = (argv: string[]): string[] =>
    argv[0] !== undefined && /^\.\.?\//.test(argv[0]) ? [resolve(folder, argv[0]), ...argv.slice(1)] : argv;
  const { command } = rig.power;
  const power =
    command === undefined
      ? rig.power
      : {
          command: Object.fromEntries(
            Object.entries(command).map(([key, value]) => [key, Array.isArray(value) ? absolute(value) : value]),
          ) as typeof command,
        };
  const restore = rig.restore === undefined ? {} : { restore: { ...rig.restore, command: absolute(rig.restore.command) } };
  return { ...rig, power, ...restore };
}

function warningsOf(rig: RigDefinition, document: SourceDocument): Problem[] {
  const warnings: Problem[] = [];
  for (const role of ['at', 'uart'] as const) {
    if (/^\/dev\/tty(USB|ACM)\d+$/.test(rig.lines?.[role]?.device ?? '')) {
      const what = 'this number changes with each arrival on the bus: name the line by usb, or by a link in /dev/serial/by-path';
      warnings.push({ place: document.place(['lines', role, 'device']), what });
    }
  }
  const { ftp, http, ufs, sd } = rig.delivery;
  if (ftp === undefined && http === undefined && !ufs && !sd) {
    warnings.push({
      place: document.place(['delivery']),
      what: 'no package can reach the module: every test of an upgrade is skipped',
    });
  }
  return warnings;
}

function isProblems(outcome: object): outcome is readonly Problem[] {
  return Array.isArray(outcome);
}

function orThrow(outcome: LoadedRig | readonly Problem[]): LoadedRig {
  if (isProblems(outcome)) throw new DefinitionError(outcome);
  return outcome;
}
