#!/usr/bin/env node
import yargs from 'yargs';
import type { Behaviour } from './behaviour.js';
import { ctl } from './ctl.js';
import { DEFECTS } from './defects/index.js';
import type { ModuleName } from './core/image.js';
import { UsageError } from './module/options.js';
import { makePair } from './pair.js';
import { behavioursByName, run } from './run.js';
import { sweep, sweepText } from './sweep.js';

const MODULES = ['EC25', 'EC21'] as const satisfies readonly ModuleName[];

async function main(argv: readonly string[]): Promise<void> {
  await yargs(argv)
    .scriptName('sim')
    .usage('$0 <command>: a simulated EC25 or EC21 module')
    .command(
      'run',
      'run a module until it is told to stop',
      (y) =>
        y
          .option('dir', { type: 'string', demandOption: true, describe: "the module's own directory: ports, flash, files" })
          .option('board', {
            type: 'string',
            describe: 'file (JSON) of kernel devices that the module is soldered to, in place of pseudo-terminals',
          })
          .option('module', { choices: MODULES, default: 'EC25' as const })
          .option('imei', { type: 'string', describe: '15 digits' })
          .option('scale', { type: 'number', default: 0.01, describe: "real seconds for one second of the module's" })
          .option('flash-minutes', {
            type: 'number',
            default: 8,
            describe: 'work on the flash in a whole upgrade, before scaling',
          })
          .option('network-timeout', {
            type: 'number',
            default: 60,
            describe: 'seconds of silence that end a download, before scaling',
          })
          .option('profile', { choices: ['backup', 'no-backup'] as const, default: 'backup' as const })
          .option('reading', {
            choices: ['in-all', 'plus-first'] as const,
            default: 'in-all' as const,
            describe: 'five attempts, or one and five',
          })
          .option('cuts-count', { type: 'boolean', default: true, describe: 'a power cut uses up an attempt' })
          .option('end-each', { type: 'boolean', default: true, describe: 'each failed attempt prints its END' })
          .option('ufs-size', { type: 'number', default: 2 << 20, describe: 'bytes' })
          .option('sd-size', { type: 'number', default: 8 << 20, describe: 'bytes; 0: no card' })
          .option('apn', { type: 'string', default: 'internet' })
          .option('pin', { type: 'string', describe: 'the SIM asks for this PIN' })
          .option('seed', { type: 'number', default: 1 })
          .option('defect', { type: 'string', array: true, default: [] as string[], describe: 'see `defects`' })
          .option('written', {
            type: 'string',
            describe: 'file that gets a JSON line for each URC: monotonic ms, port, text, and whether it reached a host',
          })
          .option('with-parent', { type: 'boolean', default: false, describe: 'end when standard input closes' }),
      (args) => run({ ...args, board: args.board, imei: args.imei, pin: args.pin }),
    )
    .command(
      'ctl <words..>',
      'drive a running module: supply|vbus|network on|off, power-key MS, reset MS, status, state, writes, route FROM TO, reflash, shutdown',
      (y) =>
        y
          .option('dir', { type: 'string', demandOption: true })
          .positional('words', { type: 'string', array: true, demandOption: true }),
      async ({ dir, words }) => {
        const text = await ctl(dir, words.map(String));
        if (text !== undefined) console.log(text);
      },
    )
    .command(
      'pair',
      'make the two images and the two packages between them',
      (y) =>
        y
          .option('out', { type: 'string', demandOption: true, describe: 'directory' })
          .option('module', { choices: MODULES, default: 'EC25' as const }),
      ({ out, module }) => console.log(makePair(out, module)),
    )
    .command(
      'sweep',
      'cut power at every flash operation of an upgrade, in-process',
      (y) =>
        y
          .option('module', { choices: MODULES, default: 'EC25' as const })
          .option('size', { choices: ['full', 'small'] as const, default: 'full' as const, describe: 'of the image' })
          .option('profile', { choices: ['backup', 'no-backup'] as const, default: 'backup' as const })
          .option('reading', { choices: ['in-all', 'plus-first'] as const, default: 'in-all' as const })
          .option('cuts-count', { type: 'boolean', default: true })
          .option('samples', { type: 'number', default: 10_000, describe: 'sequences of two cuts and more' })
          .option('whole-tails', { type: 'boolean', default: false, describe: 'no shortcuts: each recovery to its end' })
          .option('seed', { type: 'number', default: 1 })
          .option('defect', { type: 'string', array: true, default: [] as string[] }),
      ({ module, size, profile, reading, cutsCount, samples, wholeTails, seed, defect }) => {
        const policy = { profile, reading, cutsCount, endEach: true };
        const options = { module, size, policy, samples, wholeTails, seed, behaviours: behavioursByName(defect) };
        const result = sweep(options);
        console.log(sweepText(options, result));
        process.exitCode = result.failures.length > 0 ? 1 : 0;
      },
    )
    .command(
      'defects',
      'list what --defect knows',
      (y) => y.option('json', { type: 'boolean', default: false, describe: 'for programs' }),
      ({ json }) => {
        if (json) console.log(JSON.stringify(DEFECTS.map(described), undefined, 2));
        else for (const defect of DEFECTS) console.log(inALine(defect));
      },
    )
    .demandCommand(1, 'name a command')
    .strict()
    .fail((message: string | null, error: Error | undefined, y) => {
      if (error !== undefined && !(error instanceof UsageError)) throw error;
      console.error(error?.message ?? message);
      if (error === undefined) y.showHelp();
      process.exit(2);
    })
    .parseAsync();
}

function described({ name, owner, harmless, summary }: Behaviour): object {
  return { name, owner, harmless: harmless !== undefined, ...(harmless === undefined ? {} : { why: harmless }), summary };
}

function inALine({ name, owner, harmless, summary }: Behaviour): string {
  return `${name.padEnd(30)} ${(harmless === undefined ? owner : 'harmless').padEnd(9)} ${summary}`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exit(error instanceof UsageError ? 2 : 1);
});
