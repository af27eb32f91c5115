import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { pause, type Clock } from '../../base/clock.js';
import { messageOf, RigFault, UserError } from '../../base/errors.js';
import type { Journal } from '../../journal/journal.js';
import type { LineRole } from '../../journal/events.js';
import type { RigDefinition } from '../../rig/schema.js';
import { stateDir } from '../../rig/state.js';
import { ControlClient } from './control.js';

/** A simulated module in a process of its own. */
export interface SimulatedUnit {
  /** Where its serial lines appear; symbolic links that come and go with the devices. */
  readonly linePaths: Readonly<Record<LineRole, string>>;
  readonly control: ControlClient;
  readonly pid: number;
  /** On the unit's mobile network, `from` (host:port) leads to `to` (ip:port). */
  route(from: string, to: string): Promise<void>;
  /** A full flash to the baseline. */
  reflash(): Promise<void>;
  /** Ends its process, as pulling its plug does; idempotent, never rejects. */
  close(): Promise<void>;
}

export interface SimulatedUnitOptions {
  readonly rig: RigDefinition;
  readonly seed: number;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Where the unit keeps its flash and files from one run to the next. Default: `simulatedStateDir`. */
  readonly dir?: string;
  /** The simulator's program. Default: DFOTA_SIMULATOR, else the one that was built with the harness. */
  readonly program?: string;
}

/** A run that was killed leaves the unit there as it was; the next run finds it so. */
export function simulatedStateDir(rigName: string): string {
  return join(stateDir(), 'sim', rigName);
}

/** Node.js on a busy host starts in some seconds. */
const readyWithin = 30_000;
/** How long the simulator of a run that was just killed may take to notice. */
const previousWithin = 5000;
/** For each way of ending its process before the next, rougher one. */
const endWithin = 2000;

const readyShape = z.looseObject({ ready: z.literal(true), at: z.string(), uart: z.string(), control: z.string() });
type Ready = z.output<typeof readyShape>;
type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts the unit of a simulated rig, without supply, as a real one on a bench. Ends with this process, however that ends. */
export async function startSimulatedUnit(options: SimulatedUnitOptions): Promise<SimulatedUnit> {
  const { rig, clock, journal } = options;
  const program = options.program ?? simulatorProgram();
  const dir = options.dir ?? simulatedStateDir(rig.name);
  mkdirSync(dir, { recursive: true });
  const argv = [program, 'run', ...simulatorWords(rig, options.seed, dir)];
  const deadline = clock.now() + previousWithin;
  for (;;) {
    const child = new Simulator(argv, rig.name);
    const ready = await child.ready(clock);
    if (ready !== undefined) return connectTo(child, ready);
    if (!/already runs/.test(child.said) || clock.now() >= deadline) throw child.fault();
    await pause(clock, 100);
  }

  async function connectTo(child: Simulator, { at, uart, control: path }: Ready): Promise<SimulatedUnit> {
    const control = await ControlClient.open(path, clock).catch(async (error: unknown) => {
      await child.end(clock);
      throw error;
    });
    control.onLag((ms) => {
      journal.write({ type: 'host.lag', ms, of: 'unit' });
    });
    let closing: Promise<void> | undefined;
    void child.ended.then(() => {
      if (closing === undefined)
        journal.write({ type: 'rig.fault', what: 'the simulated unit ended by itself', seen: child.howEnded() });
    });
    return {
      linePaths: { at, uart },
      control,
      pid: child.pid,
      async route(from, to) {
        await control.request({ do: 'route', from, to });
      },
      async reflash() {
        await control.request({ do: 'reflash' });
      },
      close() {
        closing ??= (async () => {
          control.post({ do: 'shutdown' });
          await child.end(clock);
          control.close();
        })();
        return closing;
      },
    };
  }
}

/** The simulator is a program of its own: it is started, never imported. */
function simulatorProgram(): string {
  const given = process.env['DFOTA_SIMULATOR'];
  if (given !== undefined && given !== '') return given;
  // Beside this file once built; in dist/ when this file runs from its source.
  const places = [
    join(__dirname, '..', '..', 'simulator', 'main.js'),
    join(__dirname, '..', '..', '..', 'dist', 'harness', 'simulator', 'main.js'),
  ];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new UserError('the simulator is not built', { hint: 'npm run build' });
  return found;
}

function simulatorWords(rig: RigDefinition, seed: number, dir: string): string[] {
  const { simulated } = rig.power;
  if (simulated === undefined) throw new RangeError(`rig ${rig.name} is not simulated`);
  const pin = rig.sim === undefined ? undefined : process.env[rig.sim.pinEnv];
  return [
    ...['--dir', dir, '--module', rig.module, '--imei', rig.unit.imei],
    ...['--scale', String(rig.timing.scale), '--seed', String(seed), '--apn', rig.network.apn],
    ...['--profile', simulated.profile, '--reading', simulated.reading, '--cuts-count', String(simulated.cutsCount)],
    ...['--flash-minutes', String(simulated.flashMinutes)],
    ...['--ufs-size', String(simulated.ufsSize), ...(rig.delivery.sd ? [] : ['--sd-size', '0'])],
    ...(pin === undefined ? [] : ['--pin', pin]),
    ...simulated.defects.flatMap((name) => ['--defect', name]),
    '--with-parent',
  ];
}

/** The process itself. It has a session of its own, so that a Ctrl-C meant for the run leaves it to the run's teardown. */
class Simulator {
  readonly #child: Child;
  readonly ended: Promise<void>;
  #error = '';
  #startFault: Error | undefined;

  constructor(
    private readonly argv: readonly string[],
    private readonly rigName: string,
  ) {
    this.#child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        resolve();
      });
      this.#child.once('error', (error) => {
        this.#startFault = error;
        resolve();
      });
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#error = (this.#error + text).slice(-4000);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The end of its standard error. */
  get said(): string {
    return this.#error.trim();
  }

  /** Its first line, once it is there; undefined when it ended instead. Throws when it says nothing, or something else. */
  async ready(clock: Clock): Promise<Ready | undefined> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<'late'>((resolve) => {
      cancel = clock.after(readyWithin, () => {
        resolve('late');
      });
    });
    const line = await Promise.race([this.#firstLine(), this.ended, limit]);
    cancel();
    if (line === undefined) return undefined;
    const parsed = readyShape.safeParse(line === 'late' ? undefined : readJson(line));
    if (parsed.success) return parsed.data;
    await this.end(clock);
    throw this.fault(
      line === 'late' ? `nothing said within ${String(readyWithin)} ms` : `said ${JSON.stringify(line.slice(0, 200))}`,
    );
  }

  #firstLine(): Promise<string> {
    return new Promise((resolve) => {
      let text = '';
      // Goes on reading afterwards, so that the pipe never fills.
      this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.includes('\n')) return;
        text += chunk;
        if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      });
    });
  }

  howEnded(): string {
    if (this.#startFault !== undefined) return messageOf(this.#startFault);
    const { exitCode, signalCode } = this.#child as ChildProcess;
    const how = exitCode === null ? `ended by ${signalCode ?? 'nothing known'}` : `exit ${String(exitCode)}`;
    return this.said === '' ? how : `${how}: ${this.said}`;
  }

  fault(seen = this.howEnded()): RigFault {
    return new RigFault(`the simulated unit of rig ${this.rigName} does not start`, {
      asked: `node ${this.argv.map((word) => JSON.stringify(word)).join(' ')}`,
      seen,
      hint: 'run that by hand; DFOTA_STATE moves its folder, DFOTA_SIMULATOR names another simulator',
    });
  }

  /** Ends it: the end of its input, then SIGTERM, then SIGKILL. */
  async end(clock: Clock): Promise<void> {
    for (const step of [() => this.#child.stdin.end(), () => this.#child.kill('SIGTERM'), () => this.#child.kill('SIGKILL')]) {
      step();
      if (await this.#endedWithin(clock)) return;
    }
  }

  #endedWithin(clock: Clock): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = clock.after(endWithin, () => {
        resolve(false);
      });
      void this.ended.then(() => {
        cancel();
        resolve(true);
      });
    });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
