import { spawnSync } from 'node:child_process';
import type { Clock } from '../base/clock.js';
import { maskedArgv } from '../rig/profile.js';
import type { CommandPowerDefinition } from '../rig/schema.js';
import { runProgram, type ProgramResult } from './program.js';
import { WireFault, type Outcome, type SupplyWire, type Wires } from './wires.js';

/** How long a program may take in the last moments of a process, in milliseconds. */
const lastMoments = 5000;

/** Wires switched by the programs of a rig definition. */
export function commandWires(definition: CommandPowerDefinition, clock: Clock): Wires {
  const argvOf = (wire: SupplyWire, on: boolean): string[] | undefined => definition[`${wire}${on ? 'On' : 'Off'}`];
  const has = {
    supply: definition.supplyOff !== undefined,
    vbus: definition.vbusOff !== undefined,
    powerKey: definition.powerKey !== undefined,
    reset: definition.reset !== undefined,
    status: definition.status !== undefined,
  };
  /** With the supply wire that each of them switches, and what ends it at once. */
  const underWay = new Map<Promise<unknown>, { readonly wire: SupplyWire | undefined; readonly endNow: () => void }>();

  async function run(
    key: string,
    argv: readonly string[] | undefined,
    timeout: number,
    wire?: SupplyWire,
  ): Promise<ProgramResult> {
    if (argv === undefined) throw new WireFault(`power.command.${key} is not defined`, {});
    let endNow = (): void => undefined;
    const running = runProgram(argv, timeout, clock, (end) => {
      endNow = end;
    });
    underWay.set(running, { wire, endNow });
    const result = await running;
    underWay.delete(running);
    if (result.exit !== 0) throw fault(key, argv, result);
    return result;
  }

  return {
    kind: 'command',
    has,
    async set(wire, on) {
      return outcomeOf(await run(`${wire}${on ? 'On' : 'Off'}`, argvOf(wire, on), definition.timeout, wire));
    },
    async press(wire, ms) {
      const argv = definition[wire]?.map((word) => word.replaceAll('{ms}', String(ms)));
      return outcomeOf(await run(wire, argv, definition.timeout + ms));
    },
    async status() {
      const result = await run('status', definition.status, definition.timeout);
      const word = result.stdout.trim().toLowerCase();
      if (word === 'on' || word === 'off') return word === 'on';
      throw new WireFault(
        'power.command.status does not tell on or off',
        {
          asked: commandText(definition.status ?? []),
          seen: result.stdout.trim() === '' ? 'no output' : `output ${JSON.stringify(result.stdout.trim())}`,
          hint: 'it must print the word on or off, and nothing else',
        },
        outcomeOf(result),
      );
    },
    // A program is asked; it reports nothing by itself.
    onStatus: () => () => undefined,
    makeSafeNow(levels) {
      // A program outlives this process: one that still switches off would have the last word. A pulse ends by itself.
      for (const { wire, endNow } of underWay.values()) if (levels.some(([moved]) => moved === wire)) endNow();
      for (const [wire, on] of levels) {
        const [program, ...words] = argvOf(wire, on) ?? [];
        if (program !== undefined)
          spawnSync(program, words, { stdio: 'ignore', timeout: Math.min(lastMoments, definition.timeout) });
      }
    },
    async close() {
      // A pulse is its program's business: it ends by itself, or by its time-out.
      await Promise.allSettled(underWay.keys());
    },
  };
}

function outcomeOf({ exit, stdout, stderr }: ProgramResult): Outcome {
  return { ...(exit === undefined ? {} : { exit }), stdout, stderr };
}

function fault(key: string, argv: readonly string[], result: ProgramResult): WireFault {
  const { failure, exit, stderr, stdout } = result;
  const how = failure === undefined ? `exit ${String(exit)}` : failure.text;
  const said = [stderr, stdout].map((text) => text.trim()).find((text) => text !== '');
  return new WireFault(
    `power.command.${key} failed: ${how}`,
    {
      asked: commandText(argv),
      seen: said === undefined ? `${how}, no output` : `${how}, output ${JSON.stringify(said)}`,
      hint: hints[failure?.how ?? 'exit'],
    },
    outcomeOf(result),
  );
}

const hints = {
  missing: 'is it installed and on the PATH? A program that starts with ./ is looked for beside the rig file',
  'not-started': 'is it executable, and is its first line right?',
  timeout: 'run it by hand; when it needs longer, raise power.command.timeout',
  signal: 'run it by hand',
  exit: 'run it by hand; it must end with 0 when it has done what it was asked',
};

/** The command as it could be typed, passwords masked. */
function commandText(argv: readonly string[]): string {
  return maskedArgv(argv)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
