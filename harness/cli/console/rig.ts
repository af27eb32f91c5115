import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError, messageOf } from '../../base/errors.js';
import type { Clock } from '../../base/clock.js';
import type { Secrets } from '../../base/secrets.js';
import type { Teardown } from '../../base/teardown.js';
import type { LineRole } from '../../journal/events.js';
import type { Journal } from '../../journal/journal.js';
import { openLine } from '../../line/line.js';
import type { Line } from '../../line/types.js';
import { holdPower } from '../../power/hold.js';
import { startSimulatedUnit } from '../../power/simulated/unit.js';
import type { RigPower } from '../../power/types.js';
import { lineLogRow } from '../../report/line-logs.js';
import { acquireLease } from '../../rig/lease.js';
import type { RigDefinition } from '../../rig/schema.js';
import { watchUsb } from '../../usb/monitor.js';

export interface ConsoleRigParts {
  readonly rig: RigDefinition;
  readonly role: LineRole;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly teardown: Teardown;
}

export interface ConsoleRig {
  readonly line: Line;
  readonly power: RigPower;
}

/** The line a console is on when none is named. Throws a UserError for one that the rig lacks. */
export function roleOf(rig: RigDefinition, asked: LineRole | undefined): LineRole {
  const has = (role: LineRole): boolean => rig.power.simulated !== undefined || rig.lines?.[role] !== undefined;
  const role = asked ?? (has('at') ? 'at' : 'uart');
  if (has(role)) return role;
  throw new UserError(`rig ${rig.name} has no line ${role}`, { hint: `define lines.${role}, or take the other one` });
}

/** Takes the rig's lease, its switch and one of its lines; `teardown` gives all back, the supply on and the keys let go. */
export async function takeForConsole(parts: ConsoleRigParts): Promise<ConsoleRig> {
  const { rig, role, journal, clock, secrets, teardown } = parts;
  const lease = await acquireLease(rig.name, { run: 'dfota console' });
  teardown.defer('lease', () => lease.release());
  const simulated = rig.power.simulated === undefined ? undefined : await startSimulatedUnit({ rig, seed: 1, journal, clock });
  if (simulated !== undefined) teardown.defer('simulated unit', () => simulated.close());
  const address = rig.lines?.[role]?.usb;
  const usb = simulated !== undefined || address === undefined ? undefined : watchUsb([address], { journal, clock });
  if (usb !== undefined) teardown.defer('USB', () => usb.close());
  const power = await holdPower(rig, teardown, { journal, clock, ...(simulated === undefined ? {} : { simulated }) });
  const path = simulated?.linePaths[role];
  const definition = path === undefined ? rig.lines?.[role] : { device: path, baudRate: 115_200 };
  if (definition === undefined) throw new UserError(`rig ${rig.name} has no line ${role}`);
  const line = openLine(definition, role, { journal, clock, secrets, ...(usb === undefined ? {} : { usb }) });
  teardown.defer(`line ${role}`, () => line.close());
  return { line, power };
}

/** Appends to the file, from now on, what goes over the line: raw bytes with wall time, secrets masked. */
export function keepLog(file: string, journal: Journal): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, '', { mode: 0o600 });
  } catch (error) {
    throw new UserError('the log cannot be written', {
      place: { file },
      seen: messageOf(error),
      hint: '--log names another file, --no-log none',
    });
  }
  journal.subscribe((event) => {
    const row = lineLogRow(event);
    if (row !== undefined) appendFileSync(file, `${event.at} ${row.row}\n`);
  });
}
