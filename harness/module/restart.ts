import type { Clock } from '../base/clock.js';
import type { RigProfile } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { Power } from '../power/types.js';
import { Boot, isUpgradeReport } from './boot.js';
import { bringUp, type NetworkParts } from './network.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';
import type { Restart } from './types.js';
import { Wake } from './wake.js';

export interface RestartParts {
  readonly ports: Ports;
  readonly network: NetworkParts;
  readonly profile: RigProfile;
  readonly timing: Timing;
  readonly power: Power;
  /** The rig allows its unit's supply to be cut. */
  readonly powerCuts: boolean;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the unit is left in peace for as long as a boot may take: its line did not leave, with RDY after that. A plug alone says no RDY. */
async function stays({ ports, timing, clock, signal }: RestartParts): Promise<boolean> {
  let left = false;
  let restarted = false;
  const wake = new Wake(clock);
  const stopListening = ports.onSighting((sighting) => {
    if (sighting.kind === 'lost' || sighting.kind === 'gone') left = true;
    if (sighting.kind !== 'urc' || sighting.report?.kind !== 'boot' || sighting.report.name !== 'RDY') return;
    if (left || ports.lines.every(({ port }) => port.role !== 'at')) restarted = true;
    wake.poke();
  });
  try {
    const until = clock.now() + timing.limits.boot;
    while (!restarted && clock.now() < until && signal?.aborted !== true)
      await wake.wait(Math.min(until, clock.now() + timing.look));
    return !restarted;
  } finally {
    stopListening();
  }
}

/** One restart of a unit in normal mode. The supply is the surest: what a module only keeps while it has power is gone then. */
export async function restartUnit(why: string, parts: RestartParts): Promise<Restart> {
  const { ports, network, profile, timing, power, powerCuts, journal, clock, signal } = parts;
  const reports: string[] = [];
  const stopListening = ports.onSighting((sighting) => {
    if (sighting.kind === 'urc' && isUpgradeReport(sighting)) reports.push(sighting.text.trim());
  });
  const boot = new Boot({ ports, clock, journal, signal, timing }, { witness: true });
  try {
    if (power.wires.supply && powerCuts) await power.cycle(why);
    else await ports.command('AT+CFUN=1,1', timing.slowCommand);
    const { boot: within, upgrade } = timing.limits;
    const { ready } = await boot.wait(within, { each: upgrade, whole: upgrade * (profile.firmware.retries + 2) });
    if (ready === undefined) return { ready: false, stayed: false, reports };
    await bringUp(network);
    return { ready: true, stayed: await stays(parts), reports };
  } finally {
    boot.close();
    stopListening();
  }
}
