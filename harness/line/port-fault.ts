import { readFileSync, statSync } from 'node:fs';
import { messageOf, RigFault } from '../base/errors.js';

/** What an attempt to open a device came to, told by the text of the error: serialport gives no codes. */
export type OpenFailure = 'permission' | 'busy' | 'gone' | 'other';

export function openFailure(error: unknown): OpenFailure {
  const text = messageOf(error);
  if (/permission denied|not permitted/i.test(text)) return 'permission';
  if (/cannot lock port|resource busy/i.test(text)) return 'busy';
  if (/no such (file|device)|input\/output error/i.test(text)) return 'gone';
  return 'other';
}

/** The rig fault for a device that is there and cannot be opened. */
export function cannotOpen(role: string, path: string, device: string, error: unknown): RigFault {
  const asked = path === device ? `open ${path}` : `open ${path} (now ${device})`;
  const common = { asked, cause: error };
  switch (openFailure(error)) {
    case 'permission':
      return new RigFault(`line ${role}: no permission for ${device}`, {
        ...common,
        seen: messageOf(error),
        hint: 'add the user to the group dialout (sudo usermod -aG dialout "$USER"), then log in again',
      });
    case 'busy':
      return new RigFault(`line ${role}: ${device} is in use`, {
        ...common,
        seen: `${device} is locked by ${lockHolder(device) ?? 'another program'}`,
        hint: 'end that program (another run, a console, ModemManager), or give this rig another line',
      });
    case 'gone':
    case 'other':
      return new RigFault(`line ${role}: ${device} cannot be opened`, {
        ...common,
        seen: messageOf(error),
        hint: 'the device may be leaving the bus or its driver may be stuck: check the cable and the kernel log',
      });
  }
}

/** The rig fault for a device that never came. */
export function neverCame(role: string, path: string, within: number, why: string): RigFault {
  return new RigFault(`line ${role}: no device within ${(within / 1000).toFixed(1)} s`, {
    asked: path,
    seen: why,
    hint: 'check that the unit has power, its cable, and the path in the rig definition (dfota rigs discover)',
  });
}

/** Who holds the kernel's file lock on a device, from /proc/locks; undefined when that cannot be told. */
export function lockHolder(device: string, proc = '/proc'): string | undefined {
  try {
    const { ino } = statSync(device);
    for (const line of readFileSync(`${proc}/locks`, 'latin1').split('\n')) {
      // 1: FLOCK  ADVISORY  WRITE 4711 00:18:7 0 EOF
      const match = /FLOCK\s+ADVISORY\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
      if (match?.[1] === undefined || Number(match[2]) !== ino) continue;
      return `process ${match[1]}${nameOf(match[1], proc)}`;
    }
  } catch {
    // Without /proc nobody can tell.
  }
  return undefined;
}

function nameOf(pid: string, proc: string): string {
  try {
    return ` (${readFileSync(`${proc}/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
