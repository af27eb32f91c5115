import type { AtPort } from '../at/types.js';
import type { Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { readImei } from './identity.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';
import type { UnitLine } from './types.js';
import { Wake } from './wake.js';

/** Noise may spoil a command or its answer now and then. */
const tries = 4;

export interface LineCheckParts {
  readonly ports: Ports;
  readonly rig: { readonly name: string; readonly unit: { readonly imei: string } };
  readonly timing: Timing;
  readonly clock: Clock;
}

/**
 * Each line of the definition is there, answers, and leads to the rig's unit: a verdict rests on what every one of them carried or did
 * not carry. For a unit in normal mode; asks only what changes nothing. Rejects with a RigFault.
 */
export async function checkLines(parts: LineCheckParts): Promise<void> {
  const until = parts.clock.now() + parts.timing.limits.boot;
  for (const line of parts.ports.lines) await checkLine(line, until, parts);
}

async function checkLine({ line, port }: UnitLine, until: number, { rig, timing, clock }: LineCheckParts): Promise<void> {
  const fault = (what: string, asked: string, seen: string): RigFault =>
    new RigFault(`rig ${rig.name}: line ${port.role} ${what}`, {
      asked,
      seen,
      hint: 'check its cable and what the rig definition calls it (dfota rigs check), or leave it out of the definition',
    });
  // USB comes up a second or so after the UART has said RDY.
  if (!(await connected(port, until, clock))) {
    const seen = line.present ? 'present, but it could not be opened' : 'absent';
    throw fault('is not there', 'the line, with the unit in normal mode', seen);
  }
  if (!(await answers(port, timing.probe))) throw fault('does not answer', 'OK to AT', 'open but silent');
  const imeis: string[] = [];
  for (let count = 0; count < tries; count += 1) {
    const imei = await readImei((text) => port.command(text, { deadline: timing.command }));
    if (imei === rig.unit.imei) return;
    if (imei !== undefined) imeis.push(imei);
  }
  // Digits that differ from one answer to the next, or were read once only, may be noise, which says nothing of the unit.
  const [other] = imeis;
  if (imeis.length > 1 && imeis.every((imei) => imei === other))
    throw fault('leads to another unit', `IMEI ${rig.unit.imei} on every line`, `IMEI ${other ?? ''}`);
}

async function connected(port: AtPort, until: number, clock: Clock): Promise<boolean> {
  const wake = new Wake(clock);
  const cancel = port.onConnection(() => {
    wake.poke();
  });
  try {
    while (!port.connected && clock.now() < until) await wake.wait(until);
    return port.connected;
  } finally {
    cancel();
  }
}

async function answers(port: AtPort, deadline: number): Promise<boolean> {
  for (let count = 0; count < tries; count += 1) if ((await port.command('AT', { deadline })).ok) return true;
  return false;
}
