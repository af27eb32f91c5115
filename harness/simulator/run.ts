import { openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { Behaviours } from './behaviour.js';
import type { Behaviour } from './behaviour.js';
import { readBoard } from './board/definition.js';
import { kernelBoard } from './board/kernel-board.js';
import type { ModuleName } from './core/image.js';
import type { Policy } from './core/steps.js';
import { DEFECTS } from './defects/index.js';
import { Control } from './module/control.js';
import { SimModule } from './module/module.js';
import { UsageError } from './module/options.js';
import type { ModuleOptions } from './module/options.js';

/** `run`'s options as yargs gives them. */
export interface RunArguments {
  readonly dir: string;
  readonly board: string | undefined;
  readonly module: ModuleName;
  readonly imei: string | undefined;
  readonly scale: number;
  readonly flashMinutes: number;
  readonly networkTimeout: number;
  readonly profile: Policy['profile'];
  readonly reading: Policy['reading'];
  readonly cutsCount: boolean;
  readonly endEach: boolean;
  readonly ufsSize: number;
  readonly sdSize: number;
  readonly apn: string;
  readonly pin: string | undefined;
  readonly seed: number;
  readonly defect: readonly string[];
  readonly written: string | undefined;
  readonly withParent: boolean;
}

/** Runs a module until it is told to stop. */
export async function run(args: RunArguments): Promise<void> {
  const options = toOptions(args);
  const board = args.board === undefined ? undefined : kernelBoard(readBoard(args.board), options.module);
  const module = new SimModule(options, board);
  let stop = (): void => undefined;
  const stopped = new Promise<void>((done) => (stop = done));
  if (args.written !== undefined) keepWhatIsWritten(module, args.written);
  const control = new Control(module, () => setImmediate(stop));
  await module.prepare();
  await control.listen();
  watchLag((ms) => control.stoodStill(ms));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (args.withParent) process.stdin.resume().once('end', stop).once('error', stop);
  const { dir } = module.options;
  const ready = { ready: true, dir, at: module.at.path, uart: module.uart.path, control: control.path, pid: process.pid };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  // Whoever started this may be gone when something is said; that is no reason to fall over.
  process.stdout.on('error', () => undefined);
  await stopped;
  control.close();
  module.close();
  process.exit(0);
}

/** What a program that listens to this module can be held against. Written at once, so that it is there however the process ends. */
function keepWhatIsWritten(module: SimModule, file: string): void {
  const to = openSync(file, 'a');
  for (const line of [module.at, module.uart])
    line.onWritten = (text, reached, t) =>
      writeSync(to, `${JSON.stringify({ t, port: line.name, text: text.trim(), reached })}\n`);
}

/** Real milliseconds: between two looks, and what is worth telling. */
const BEAT = 10;
const WORTH_TELLING = 25;

/** Tells of each standstill of this process: a busy host must not pass for a slow module. */
function watchLag(tell: (ms: number) => void): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const late = now - last - BEAT;
    last = now;
    if (late > WORTH_TELLING) tell(Math.round(late));
  }, BEAT).unref();
}

function toOptions(args: RunArguments): ModuleOptions {
  const imei = args.imei ?? (args.module === 'EC25' ? '861107030000015' : '861107040000013');
  if (!/^\d{15}$/.test(imei)) throw new UsageError(`--imei must be 15 digits, not ${JSON.stringify(imei)}`);
  for (const [name, value] of [
    ['scale', args.scale],
    ['flash-minutes', args.flashMinutes],
    ['network-timeout', args.networkTimeout],
    ['ufs-size', args.ufsSize],
  ] as const)
    if (!(value > 0)) throw new UsageError(`--${name} must be above 0`);
  const { profile, reading, cutsCount, endEach, pin, ...rest } = args;
  if (pin !== undefined && !/^\d{4,8}$/.test(pin)) throw new UsageError('--pin must be 4 to 8 digits');
  return {
    dir: resolve(rest.dir),
    module: rest.module,
    imei,
    scale: rest.scale,
    flashMinutes: rest.flashMinutes,
    networkTimeout: rest.networkTimeout,
    policy: { profile, reading, cutsCount, endEach },
    ufsSize: rest.ufsSize,
    sdSize: rest.sdSize,
    apn: rest.apn,
    pin,
    seed: rest.seed,
    behaviours: behavioursByName(rest.defect),
  };
}

/** The deviations that `--defect` names. */
export function behavioursByName(names: readonly string[]): Behaviours {
  return new Behaviours(names.map(byName));
}

function byName(name: string): Behaviour {
  const found = DEFECTS.find((defect) => defect.name === name);
  if (found === undefined)
    throw new UsageError(`--defect ${name}: unknown; known: ${DEFECTS.map((defect) => defect.name).join(', ')}`);
  return found;
}
