import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../base/errors.js';
import { seeded, type Random } from '../base/random.js';
import type { Secrets } from '../base/secrets.js';
import type { PackageServer, PublishOptions } from '../delivery/types.js';
import type { DeliveryFault } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { ModuleFiles, Storage } from './files.js';
import { FileFault } from './file-fault.js';
import type { Package, UpgradeOptions } from './types.js';

/** A package on its way: what AT+QFOTADL is told, and how to clear up after it. */
export interface Delivered {
  readonly target: string;
  readonly maskedTarget: string;
  /** The file put on the module, if any. */
  readonly uploaded: { readonly storage: Storage; readonly name: string } | undefined;
  /** Takes the package off the servers. */
  withdraw(): Promise<void>;
}

export interface WayParts {
  readonly servers: { readonly ftp?: PackageServer; readonly http?: PackageServer };
  readonly files: ModuleFiles;
  readonly journal: Journal;
  readonly secrets: Secrets;
  readonly random: Random;
}

const folders: Record<Storage, string> = { ufs: '/data/ufs/', sd: '/media/card/' };

/** Makes the package available the way that is asked for: on a server, or on the module itself. */
export async function deliver(step: Package, options: UpgradeOptions, parts: WayParts): Promise<Delivered> {
  const { address = {} } = options;
  if (address.password !== undefined && address.password.length >= 8) parts.secrets.add(address.password);
  if (address.target !== undefined) return literal(address.target);
  return options.from === 'ftp' || options.from === 'http'
    ? fromServer(step, options, serverOf(options.from, parts), parts.random)
    : fromModule(step, options, options.from, parts);
}

function literal(target: string, maskedTarget = target): Delivered {
  return { target, maskedTarget, uploaded: undefined, withdraw: () => Promise.resolve() };
}

function serverOf(protocol: 'ftp' | 'http', parts: WayParts): PackageServer {
  const server = parts.servers[protocol];
  if (server !== undefined) return server;
  throw new UserError(`this rig has no ${protocol.toUpperCase()} server`, {
    hint: `name delivery.${protocol} in its definition`,
  });
}

async function fromServer(step: Package, options: UpgradeOptions, server: PackageServer, random: Random): Promise<Delivered> {
  const { address = {}, fault, intent = 'valid' } = options;
  const parts: Omit<PublishOptions, 'fault' | 'name' | 'onSent'> = {
    ...(address.host === undefined ? {} : { host: address.host }),
    ...(address.user === undefined ? {} : { user: address.user }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.omitPort === undefined ? {} : { omitPort: address.omitPort }),
  };
  const withPort = (target: string): string => (address.port === undefined ? target : replacePort(target, address.port));
  let name = address.name ?? basename(step.path);
  if (address.wholeLength !== undefined) {
    const rest = Buffer.byteLength(withPort(server.target('', parts).target));
    name = `${random.word(Math.max(1, address.wholeLength - rest - '.zip'.length))}.zip`;
  }
  if (intent !== 'valid') {
    const { target, maskedTarget } = server.target(name, parts);
    return literal(withPort(target), withPort(maskedTarget));
  }
  const onSent = options.observer?.onSent?.bind(options.observer);
  const publication = await server.publish(step.path, {
    ...parts,
    name,
    ...(fault === undefined ? {} : { fault }),
    ...(onSent === undefined ? {} : { onSent }),
  });
  return {
    target: withPort(publication.target),
    maskedTarget: withPort(publication.maskedTarget),
    uploaded: undefined,
    withdraw: () => publication.withdraw(),
  };
}

/** The same source string with another port. The authority ends at the first slash; a password may hold an @, the host not. */
export function replacePort(target: string, port: number): string {
  const [, scheme = '', authority = '', path = ''] = /^([a-z]+:\/\/)([^/]*)(.*)$/is.exec(target) ?? [];
  const at = authority.lastIndexOf('@') + 1;
  const host = authority.slice(at).replace(/:\d+$/, '');
  return scheme === '' ? target : `${scheme}${authority.slice(0, at)}${host}:${String(port)}${path}`;
}

async function fromModule(step: Package, options: UpgradeOptions, storage: Storage, parts: WayParts): Promise<Delivered> {
  const { address = {}, fault, intent = 'valid' } = options;
  const folder = folders[storage];
  const name =
    address.wholeLength === undefined
      ? (address.name ?? basename(step.path))
      : `${parts.random.word(Math.max(1, address.wholeLength - folder.length - '.zip'.length))}.zip`;
  const target = `${folder}${name}`;
  if (intent === 'no-such-file' || intent === 'nothing-there') return literal(target);
  const sound = await readFile(step.path);
  const data = fault === undefined ? sound : spoilt(sound, fault);
  if (fault !== undefined) parts.journal.write({ type: 'delivery.fault', source: storage, fault, state: 'armed' });
  try {
    await parts.files.upload(storage, name, data);
  } catch (error) {
    // A name past the limit may be refused by the file system already; the command can still be tried.
    if (intent !== 'beyond-limit' || !(error instanceof FileFault)) throw error;
    parts.journal.write({
      type: 'note',
      text: `${error.message} (${error.explanation.seen ?? ''}); AT+QFOTADL is tried without it`,
    });
    return literal(target);
  }
  if (fault !== undefined) parts.journal.write({ type: 'delivery.fault', source: storage, fault, state: 'struck' });
  const sha256 = createHash('sha256').update(data).digest('hex');
  parts.journal.write({ type: 'delivery.publish', source: storage, name, target, size: data.length, sha256 });
  return { target, maskedTarget: target, uploaded: { storage, name }, withdraw: () => Promise.resolve() };
}

/** What a fault on the way leaves of a file that is uploaded; the faults of a network do not exist there. */
function spoilt(data: Buffer, fault: DeliveryFault): Buffer {
  const at = Math.min(data.length - 1, Math.floor((data.length * (fault.percent ?? 50)) / 100));
  switch (fault.name) {
    case 'truncate':
      return data.subarray(0, Math.max(0, at));
    case 'corrupt': {
      const copy = Buffer.from(data);
      copy.writeUInt8(copy.readUInt8(at) ^ seeded(fault.seed ?? 0, 'corrupt').int(1, 255), at);
      return copy;
    }
    default:
      throw new UserError(`fault ${fault.name} is not possible on a file that is uploaded`, { hint: 'truncate and corrupt are' });
  }
}
