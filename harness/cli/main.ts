import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs, { type CommandModule } from 'yargs';
import { ExplainedError } from '../base/errors.js';

/** Each command is a file of its own that exports `command`; it is loaded only when it is asked for, so that `--help` is quick. */
const commands: Record<string, { describe: string; load: () => { command: CommandModule<object, never> } }> = {};

/** Registers a command lazily. Kept as a function so that each entry is one line below. */
function lazily(name: string, describe: string, load: () => unknown): void {
  commands[name] = { describe, load: load as () => { command: CommandModule<object, never> } };
}

lazily('console', 'An AT terminal on a rig’s line, with power keys', () => require('./console.js'));
lazily('history', 'How packages did night by night', () => require('./history.js'));
lazily('judge', 'Judge a journal or a terminal log', () => require('./judge.js'));
lazily('ledger', 'What power cuts have proved over all runs', () => require('./ledger.js'));
lazily('package', 'Look into a delta package', () => require('./package.js'));
lazily('plan', 'What a night of power cuts can prove on given rigs', () => require('./plan.js'));
lazily('power', 'Switch a rig’s unit: on, off, cycle, press, reset, status', () => require('./power.js'));
lazily('qualify', 'Qualify a new pair of packages: plan, run and certificate', () => require('./qualify.js'));
lazily('report', 'Look at, verify and sign what runs left', () => require('./report.js'));
lazily('rigs', 'List rig files; check a rig wire by wire', () => require('./rigs.js'));
lazily('run', 'Run suites on rigs', () => require('./run.js'));
lazily('schema', 'Print the JSON Schemas of rig, package and criteria files', () => require('./schema.js'));
lazily('self-check', 'Run the suites against every seeded defect', () => require('./self-check.js'));
lazily('sim', 'Run a simulated EC25 or EC21, or make its packages', () => require('./sim.js'));

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const root = join(__dirname, '..', '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const parser = yargs(args)
    .scriptName('dfota')
    .usage('dfota <command>\n\nQualifies DFOTA delta packages for EC25 and EC21 modules.')
    .version(version)
    .strict()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .example(
      'dfota run --rig rigs/simulated-ec25.yaml --packages rigs/packages/simulated-ec25.yaml',
      'round trips and all suites',
    )
    .epilogue('Exit codes: 0 all conform, 1 a verdict failed, 2 wrong use or definition, 3 the rig is at fault, 130 interrupted.')
    .exitProcess(false)
    .fail((message, error) => {
      // A YError is yargs' own word for wrong use.
      throw error instanceof Error && error.name !== 'YError' ? error : new UsageError(message);
    });
  const wanted = args.find((argument) => !argument.startsWith('-'));
  for (const [name, entry] of Object.entries(commands)) {
    if (name === wanted) parser.command(entry.load().command);
    else parser.command(name, entry.describe);
  }
  if (wanted === undefined && !args.some((argument) => ['--help', '-h', '--version'].includes(argument))) {
    process.stdout.write(`${await parser.getHelp()}\n`);
    process.exitCode = 2;
    return;
  }
  await parser.parseAsync();
}

class UsageError extends Error {}

// Whoever stops reading (`| head`) has seen enough: that ends no run and spoils no exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

main().catch((error: unknown) => {
  if (error instanceof ExplainedError) {
    process.stderr.write(`${error.explain()}\n`);
    process.exitCode = error.exitCode;
  } else if (error instanceof UsageError) {
    process.stderr.write(`dfota: ${error.message}\n  try:   dfota --help, or dfota <command> --help\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.stderr.write('This is a defect of the harness, not of the module or the rig.\n');
    process.exitCode = 70;
  }
});
