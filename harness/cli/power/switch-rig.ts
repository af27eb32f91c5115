import { systemClock, type Clock } from '../../base/clock.js';
import { RigFault, UserError } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { Teardown } from '../../base/teardown.js';
import { listenForInterruption } from '../../jest/take-rig.js';
import type { EventOf, JournalEvent } from '../../journal/events.js';
import { memoryJournal, type Journal } from '../../journal/journal.js';
import { openPower } from '../../power/open.js';
import { startSimulatedUnit } from '../../power/simulated/unit.js';
import type { RigPower } from '../../power/types.js';
import { acquireLease } from '../../rig/lease.js';
import { secretsOf } from '../../rig/profile.js';
import type { RigDefinition } from '../../rig/schema.js';
import { namedJournal } from '../named-journal.js';
import { checkActions, PowerSwitch, type PowerAction, type StatusSeen } from './actions.js';

export interface SwitchOptions {
  readonly actions: readonly PowerAction[];
  /** cycle: least ms without supply. */
  readonly offFor: number;
  readonly wait: boolean;
  /** Stay with the supply off until interrupted. */
  readonly hold: boolean;
  readonly force: boolean;
  readonly journal: string | undefined;
  /** The supply is off now and stays so until the command is interrupted. */
  readonly onHold: () => void;
}

/** One wire that was moved. */
export interface Moved {
  readonly wire: EventOf<'power.do'>['wire'];
  readonly action: EventOf<'power.do'>['action'];
  /** Width of a pulse. */
  readonly ms?: number;
  readonly took?: number;
  readonly error?: string;
}

export interface ActionTold {
  readonly action: PowerAction;
  readonly did: readonly Moved[];
  readonly status: StatusSeen | undefined;
  readonly fault?: RigFault;
}

/** What became of a whole command. */
export interface SwitchTold {
  readonly rig: string;
  readonly kind: RigPower['kind'];
  readonly actions: readonly ActionTold[];
  readonly remarks: readonly string[];
  readonly exit: 0 | 3 | 130;
}

/** Takes a rig's lease and its switch (not its lines), does what is asked, and gives both back. */
export async function switchRig(rig: RigDefinition, options: SwitchOptions): Promise<SwitchTold> {
  const clock = systemClock;
  const secrets = new Secrets();
  for (const secret of secretsOf(rig)) secrets.add(secret);
  const teardown = new Teardown(clock);
  const journalOptions = { clock, secrets, rig: rig.name };
  const journal = options.journal === undefined ? memoryJournal(journalOptions) : namedJournal(options.journal, journalOptions);
  teardown.defer('journal', () => {
    journal.close();
  });
  const abort = new AbortController();
  teardown.defer('interruption', listenForInterruption(journal, abort));
  const told: ActionTold[] = [];
  const remarks: string[] = [];
  let kind: RigPower['kind'] = 'command';
  try {
    const lease = await acquireLease(rig.name, { run: 'dfota power' });
    teardown.defer('lease', () => lease.release());
    const simulated = rig.power.simulated === undefined ? undefined : await startSimulatedUnit({ rig, seed: 1, journal, clock });
    if (simulated !== undefined) teardown.defer('simulated unit', () => simulated.close());
    const power = await openPower(rig, { journal, clock, ...(simulated === undefined ? {} : { simulated }) });
    kind = power.kind;
    // The last moments of a process that ends otherwise than planned.
    const lastMoment = (): void => {
      power.closeNow();
    };
    process.on('exit', lastMoment);
    const { actions, force, hold, offFor, wait } = options;
    const unit = new PowerSwitch({ rig, power, clock, signal: abort.signal, offFor, wait, why: 'dfota power' });
    teardown.defer(
      'power',
      async () => {
        // What `off` has switched off by a program stays off by itself; anything else is left safe, as at the end of a run.
        const leave = unit.suppliesOff && kind === 'command' && !hold && !abort.signal.aborted;
        if (!leave) await power.close();
        process.off('exit', lastMoment);
        if (leave) return;
        if (!power.safe) throw new Error('power could not be left in its safe state');
      },
      120_000,
    );
    checkActions(rig, power.wires, actions, force);
    checkHold(rig, power, options);
    for (const action of actions) {
      if (abort.signal.aborted) break;
      told.push(await recorded(action, unit, journal, abort.signal));
      if (told.at(-1)?.fault !== undefined) break;
    }
    if (simulated !== undefined) remarks.push('The simulated unit lives as long as this command: its power is gone now.');
    const faulty = told.some(({ fault }) => fault !== undefined);
    const held = hold && unit.suppliesOff && !faulty && !abort.signal.aborted;
    if (held) {
      options.onHold();
      await interrupted(abort.signal, clock);
      remarks.push('The supply was held off; it is on again.');
    }
    const problems = await teardown.run();
    remarks.push(...problems);
    const exit = abort.signal.aborted && !held ? 130 : faulty || problems.length > 0 ? 3 : 0;
    return { rig: rig.name, kind, actions: told, remarks, exit };
  } finally {
    await teardown.run();
  }
}

/** Resolves when the signal comes. A signal handler alone keeps no process alive: a timer does. */
async function interrupted(signal: AbortSignal, clock: Clock): Promise<void> {
  let cancel: () => void = () => undefined;
  const stay = (): void => {
    cancel = clock.after(60_000, stay);
  };
  stay();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  cancel();
}

/** A GPIO line is let go of with the process that holds it: off would be over with the command. */
function checkHold(rig: RigDefinition, power: RigPower, { actions, hold }: SwitchOptions): void {
  const endsOff = actions.lastIndexOf('off') > Math.max(actions.lastIndexOf('on'), actions.lastIndexOf('cycle'));
  if (power.kind !== 'gpio' || !power.wires.supply || !endsOff || hold) return;
  throw new UserError(`rig ${rig.name}: a GPIO line is off only as long as a process holds it`, {
    asked: 'off, left so after the end of this command',
    hint: 'off --hold keeps it off until Ctrl-C or SIGTERM; press powers the unit down in order, and it stays off',
  });
}

async function recorded(action: PowerAction, unit: PowerSwitch, journal: Journal, signal: AbortSignal): Promise<ActionTold> {
  const events: JournalEvent[] = [];
  const stop = journal.subscribe((event) => events.push(event));
  let status: StatusSeen | undefined;
  let fault: RigFault | undefined;
  try {
    status = await unit.do(action);
  } catch (error) {
    if (!(error instanceof RigFault)) throw error;
    // STATUS was not waited for to its end then.
    if (!signal.aborted) fault = error;
  } finally {
    stop();
  }
  return { action, did: movesOf(events), status, ...(fault === undefined ? {} : { fault }) };
}

function movesOf(events: readonly JournalEvent[]): Moved[] {
  return events
    .filter((event) => event.type === 'power.do')
    .map(({ id, wire, action, ms }) => {
      const done = events.find((event) => event.type === 'power.done' && event.id === id) as EventOf<'power.done'> | undefined;
      return {
        wire,
        action,
        ...(ms === undefined ? {} : { ms }),
        ...(done === undefined ? {} : { took: Math.round(done.took) }),
        ...(done?.error === undefined ? {} : { error: done.error }),
      };
    });
}
