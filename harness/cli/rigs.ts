import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { messageOf, UserError } from '../base/errors.js';
import { loadRig } from '../rig/load.js';
import { DefinitionError, problemText, type Problem } from '../rig/problems.js';
import { sourcesOf } from '../rig/profile.js';
import type { RigDefinition } from '../rig/schema.js';
import { lazily } from './lazily.js';
import { textTable } from './text-table.js';

interface ListArguments {
  readonly dir: string;
}

const list: CommandModule<object, ListArguments> = {
  command: 'list [dir]',
  describe: 'The rigs defined in a folder, and what is wrong with them',
  builder: (yargs) => yargs.positional('dir', { type: 'string', default: 'rigs', describe: 'Folder of rig definitions' }),
  handler({ dir }) {
    const files = rigFiles(dir);
    const rows: string[][] = [['FILE', 'NAME', 'MODULE', 'POWER', 'SOURCES', 'CUTS', 'PROBLEMS']];
    const details: string[] = [];
    let broken = false;
    for (const file of files) {
      const { rig, problems, warnings } = look(file);
      broken ||= problems.length > 0;
      rows.push([file, ...columns(rig), verdict(problems, warnings)]);
      details.push(...problems.map(problemText), ...warnings.map((warning) => `${problemText(warning)} (warning)`));
    }
    process.stdout.write(textTable(rows));
    if (details.length > 0) process.stdout.write(`\n${details.join('\n')}\n`);
    if (broken) process.exitCode = 2;
  },
};

function rigFiles(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
      .map((entry) => entry.name);
  } catch (error) {
    throw new UserError(`cannot list ${dir}`, { seen: messageOf(error), hint: 'give a folder of rig definitions' });
  }
  if (names.length === 0) throw new UserError(`no rig definitions (*.yaml) in ${dir}`);
  return names.sort().map((name) => join(dir, name));
}

function look(file: string): { rig?: RigDefinition; problems: readonly Problem[]; warnings: readonly Problem[] } {
  try {
    const { definition, warnings } = loadRig(file);
    return { rig: definition, problems: [], warnings };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return { problems: error.problems, warnings: [] };
  }
}

function columns(rig: RigDefinition | undefined): string[] {
  if (rig === undefined) return ['-', '-', '-', '-', '-'];
  const power = Object.entries(rig.power).find(([, kind]) => kind !== undefined)?.[0] ?? '-';
  return [rig.name, rig.module, power, sourcesOf(rig).join(',') || '-', rig.safety.powerCuts ? 'yes' : 'no'];
}

function verdict(problems: readonly Problem[], warnings: readonly Problem[]): string {
  if (problems.length > 0) return String(problems.length);
  return warnings.length === 0 ? 'none' : `${String(warnings.length)} warning${warnings.length === 1 ? '' : 's'}`;
}

export const command: CommandModule = {
  command: 'rigs',
  describe: 'List rigs, try one wire by wire, or draft new ones',
  builder: (yargs) =>
    yargs
      .command(list)
      .command(lazily('check <rig>', 'Try a rig wire by wire', async () => (await import('./rigs-check.js')).check))
      .command(
        lazily(
          'discover',
          'Draft a rig file for each module that is plugged in',
          async () => (await import('./rigs-discover.js')).discover,
        ),
      )
      .demandCommand(1, 'dfota rigs needs a command: list, check, discover'),
  handler: () => undefined,
};
