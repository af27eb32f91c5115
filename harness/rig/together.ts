/** What rigs must not share. Looked for within one rig and among the rigs of a run. */
import { realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { KeyPath } from './document.js';
import type { LoadedRig } from './load.js';
import type { Problem } from './problems.js';
import { portRange, type LineDefinition } from './schema.js';
import { placeText } from '../base/errors.js';
import { parseHostPort } from './values.js';

/** Something of which there is only one in the world, or on this host. */
interface Claim {
  readonly rig: LoadedRig;
  readonly path: KeyPath;
  /** Equal identities are the same thing. */
  readonly identity: string;
  readonly what: string;
}

/** Every second claim to a thing, with the place of the first. */
export function conflicts(rigs: readonly LoadedRig[], systemRoot = '/'): Problem[] {
  const claims = rigs.flatMap((rig) => [...claimsOf(rig, systemRoot)]);
  const first = new Map<string, Claim>();
  const problems: Problem[] = [];
  for (const claim of claims) {
    const earlier = first.get(claim.identity);
    if (earlier === undefined) first.set(claim.identity, claim);
    else problems.push(problem(claim, `${claim.what} is taken already`, earlier));
  }
  return [...problems, ...portConflicts(rigs)];
}

function problem(claim: Omit<Claim, 'identity' | 'what'>, what: string, earlier: { rig: LoadedRig; path: KeyPath }): Problem {
  const owner = earlier.rig === claim.rig ? 'this rig' : `rig ${earlier.rig.definition.name}`;
  return { place: claim.rig.place(claim.path), what: `${what} by ${owner}, at ${placeText(earlier.rig.place(earlier.path))}` };
}

function* claimsOf(rig: LoadedRig, systemRoot: string): Generator<Claim> {
  const { definition } = rig;
  yield { rig, path: ['name'], identity: `name ${definition.name}`, what: `the name ${definition.name}` };
  yield { rig, path: ['unit', 'imei'], identity: `imei ${definition.unit.imei}`, what: `the unit ${definition.unit.imei}` };
  for (const role of ['at', 'uart'] as const) {
    const line = definition.lines?.[role];
    if (line === undefined) continue;
    const key = line.usb === undefined ? 'device' : 'usb';
    yield { rig, path: ['lines', role, key], identity: lineIdentity(line, systemRoot), what: lineText(line) };
  }
  const { gpio } = definition.power;
  if (gpio === undefined) return;
  for (const wire of ['supply', 'vbus', 'powerKey', 'reset', 'status'] as const) {
    const given = gpio[wire];
    if (given === undefined) continue;
    const { chip, line } =
      typeof given === 'object' ? { chip: given.chip ?? gpio.chip, line: given.line } : { chip: gpio.chip, line: given };
    // By name and by path are the same; a label, or a line by name and by number, only the chip itself can tell (power/gpio).
    const chipName = chip.startsWith('/') ? basename(realPath(join(systemRoot, chip)) ?? chip) : chip;
    const form = typeof line === 'number' ? `line ${String(line)}` : `line "${line}"`;
    yield { rig, path: ['power', 'gpio', wire], identity: `gpio ${chipName} ${form}`, what: `${form} of ${chipName}` };
  }
}

function lineText({ usb, device }: LineDefinition): string {
  return usb === undefined ? `the line ${device ?? ''}` : `interface ${String(usb.interface)} of the USB device at ${usb.path}`;
}

/** The same for every name of one port: a USB address, a symbolic link to its device, the device itself. */
function lineIdentity({ usb, device = '' }: LineDefinition, systemRoot: string): string {
  if (usb !== undefined) return `usb ${usb.path} ${String(usb.interface)}`;
  const real = realPath(join(systemRoot, device)) ?? resolve(systemRoot, device);
  // A port of the USB serial driver is a child of its interface, for example …/1-1.4:1.2/ttyUSB2.
  const parent = realPath(join(systemRoot, 'sys/class/tty', basename(real), 'device'));
  const [, path, number] = /\/(\d+-\d+(?:\.\d+)*):\d+\.(\d+)(?:\/|$)/.exec(parent ?? '') ?? [];
  return path === undefined || number === undefined ? `device ${real}` : `usb ${path} ${number}`;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // The device may well be away now: then its name is all there is.
    return undefined;
  }
}

interface Listener {
  readonly rig: LoadedRig;
  readonly path: KeyPath;
  readonly host: string;
  readonly port: number;
}

/** Two servers on one port, or one on a port that another may take for passive data. Port 0 is always a free one. */
function portConflicts(rigs: readonly LoadedRig[]): Problem[] {
  const listeners: Listener[] = [];
  const problems: Problem[] = [];
  for (const rig of rigs) {
    for (const protocol of ['ftp', 'http'] as const) {
      const listen = rig.definition.delivery[protocol]?.listen;
      if (listen === undefined) continue;
      const listener = { rig, path: ['delivery', protocol, 'listen'], ...parseHostPort(listen) };
      const earlier = listeners.find(
        (other) => other.port === listener.port && listener.port !== 0 && overlap(other.host, listener.host),
      );
      if (earlier !== undefined) problems.push(problem(listener, `port ${String(listener.port)} is listened on`, earlier));
      listeners.push(listener);
    }
  }
  for (const rig of rigs) {
    const range = portRange(rig.definition.delivery.ftp?.passivePorts ?? '');
    if (range === undefined) continue;
    const path = ['delivery', 'ftp', 'passivePorts'];
    // The server's own port was looked at when its definition was read.
    const inside = listeners.filter(
      ({ port, rig: owner, path: [, protocol] }) =>
        range.first <= port && port <= range.last && !(owner === rig && protocol === 'ftp'),
    );
    for (const other of inside)
      problems.push(problem({ rig, path }, `port ${String(other.port)} of this range is listened on`, other));
  }
  return problems;
}

/** Whether two servers on these hosts get in each other's way. */
function overlap(one: string, other: string): boolean {
  const wildcard = ['0.0.0.0', '::', '*'];
  const plain = (host: string): string => (host === 'localhost' || host === '::1' ? '127.0.0.1' : host.toLowerCase());
  return wildcard.includes(one) || wildcard.includes(other) || plain(one) === plain(other);
}
