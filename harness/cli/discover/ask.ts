import type { Clock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { openAtPort } from '../../at/port.js';
import { memoryJournal } from '../../journal/journal.js';
import { openLine } from '../../line/line.js';
import { readImei, readRevision } from '../../module/identity.js';
import type { LineDefinition } from '../../rig/schema.js';
import { printable, type DeviceRoots } from '../../usb/devices.js';

/** What a port answered to AT, AT+CGSN and ATI, which change nothing; or why it did not. */
export interface Asked {
  readonly imei?: string;
  readonly revision?: string;
  readonly problem?: string;
  readonly hint?: string;
}

/** Waits in ms: a sound module in normal mode answers at once. */
const openWithin = 1000;
const answerWithin = 1500;
const tries = 3;

/** Asks whoever is at the other end who it is. Never rejects. */
export async function askPort(definition: LineDefinition, clock: Clock, roots: DeviceRoots = {}): Promise<Asked> {
  const secrets = new Secrets();
  const journal = memoryJournal({ clock, secrets });
  const line = openLine(definition, 'at', { journal, clock, secrets, ...roots });
  try {
    // Opened by itself first: its fault says at once what to do.
    await (await line.open({ within: openWithin })).close();
  } catch (error) {
    await line.close();
    if (!(error instanceof RigFault)) throw error;
    const { seen, hint } = error.explanation;
    return { problem: seen ?? error.message, ...(hint === undefined ? {} : { hint }) };
  }
  const port = openAtPort(line, { journal, clock });
  try {
    await new Promise<void>((resolve) => {
      const cancel = clock.after(openWithin, resolve);
      port.onConnection(() => {
        cancel();
        resolve();
      });
    });
    const ask = (text: string) => port.command(text, { deadline: answerWithin });
    let answers = false;
    for (let count = 0; count < tries && !answers; count += 1) answers = (await ask('AT')).ok;
    if (!answers) {
      return {
        problem: 'no answer to AT',
        hint: 'is it switched on, and started (about 13 s)? does another program (ModemManager) hold the port?',
      };
    }
    const imei = await readImei(ask);
    const revision = await readRevision(ask);
    return {
      ...(imei === undefined ? { problem: 'no readable answer to AT+CGSN' } : { imei }),
      ...(revision === undefined ? {} : { revision: printable(revision) }),
    };
  } finally {
    await port.close();
    await line.close();
    journal.close();
  }
}
