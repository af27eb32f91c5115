import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, RigFault } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { PackageServer } from '../delivery/types.js';
import { asFault, failed, notTried, ok, type CheckRow } from './check-row.js';
import { readNetworkState, registered } from './identity.js';
import { FetchFailed, ftpAddress, ModuleFetch, NotTaken, type Fetched } from './module-fetch.js';
import { Ports } from './ports.js';
import type { SwitchProofOptions } from './switch-proof.js';
import { timingOf } from './timing.js';
import type { Pair } from './types.js';

export type ReachOptions = Pick<SwitchProofOptions, 'rig' | 'profile' | 'lines' | 'journal' | 'clock' | 'signal'> & {
  readonly servers: { readonly ftp?: PackageServer; readonly http?: PackageServer };
  /** For the small file. */
  readonly workshop: string;
  readonly random: Random;
  /** Only its first package is looked at, where nothing else is on a server that is not ours. */
  readonly pair: Pair | undefined;
};

/**
 * The module fetches a small file from each server by its own HTTP and FTP client: over the mobile network, at the address it is told. Nothing
 * is upgraded, and nothing is written to its file system.
 */
export async function checkReach(options: ReachOptions): Promise<CheckRow[]> {
  const { rig, profile, lines, journal, clock } = options;
  const servers = [options.servers.ftp, options.servers.http].filter((server) => server !== undefined);
  if (servers.length === 0) return [];
  const all = (why: string): CheckRow[] => servers.map((server) => notTried(rowName(server), why));
  if (!rig.network.registration) return all('network.registration is false');
  const ports = new Ports({ lines, journal, clock });
  try {
    const { command } = timingOf(profile);
    if (!registered(await readNetworkState((text) => ports.command(text, command)))) return all('the unit is not registered');
    const rows: CheckRow[] = [];
    for (const server of servers) rows.push(await tryServer(server, ports, options));
    return rows;
  } finally {
    ports.close();
  }
}

const rowName = ({ protocol }: PackageServer): string => `${protocol.toUpperCase()} reach`;

async function tryServer(server: PackageServer, ports: Ports, options: ReachOptions): Promise<CheckRow> {
  const check = rowName(server);
  const { journal, pair, clock, profile, signal } = options;
  const onlyPackages = server.external === true && options.rig.delivery[server.protocol]?.external?.present === true;
  if (onlyPackages && pair === undefined)
    return notTried(check, 'only packages are on that server (present: true): give --packages');
  const port = ports.connected;
  if (port === undefined) return notTried(check, 'no line is open');
  const small = smallFile(options, server);
  let connections = 0;
  const stop = journal.subscribe((event) => {
    if (event.type === 'server.connection' && event.protocol === server.protocol && event.state === 'open') connections += 1;
  });
  const module = new ModuleFetch({ port, clock, scale: profile.scale });
  try {
    const publication = await server.publish(onlyPackages && pair !== undefined ? pair.upgrade.path : small.path);
    try {
      await module.activate();
      // A package is not fetched whole: its size is told before its first byte.
      const fetched = await fetch(module, publication.target, !onlyPackages);
      const wanted = onlyPackages ? { size: pair?.upgrade.facts.size } : small;
      return judged(check, server, publication.maskedTarget, fetched, wanted);
    } catch (error) {
      if (error instanceof NotTaken) return notTried(check, `the module does not know them, or not now (${error.message})`);
      if (!(error instanceof FetchFailed)) throw error;
      return failed(check, unreached(server, publication.maskedTarget, error.message, connections, options));
    } finally {
      await module.close();
      await publication.withdraw();
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return failed(check, asFault(error));
  } finally {
    stop();
  }
}

interface Wanted {
  readonly size: number | undefined;
  readonly text?: string;
}

/** One line of text that nobody else has. */
function smallFile({ workshop, random }: ReachOptions, { protocol }: PackageServer): Wanted & { readonly path: string } {
  const text = `dfota rigs check ${random.word(16)}`;
  const path = join(workshop, `check-${protocol}.zip`);
  writeFileSync(path, text);
  return { path, text, size: text.length };
}

function fetch(module: ModuleFetch, target: string, wantsBody: boolean): Promise<Fetched> {
  const ftp = ftpAddress(target);
  return ftp === undefined ? module.http(target, wantsBody) : module.ftp(ftp, wantsBody);
}

function judged(check: string, server: PackageServer, target: string, { size, body }: Fetched, wanted: Wanted): CheckRow {
  const where = `from ${server.advertise.host}:${String(server.advertise.port)}`;
  const sound = size === wanted.size && (wanted.text === undefined || body?.includes(wanted.text) === true);
  if (sound) {
    const what = wanted.text === undefined ? 'found the package' : 'fetched a file';
    return ok(check, `the module ${what} of ${String(wanted.size)} bytes ${where}`);
  }
  const came = body === undefined ? '' : `: ${JSON.stringify(body.slice(0, 80))}`;
  return failed(
    check,
    new RigFault('the module fetched something else', {
      asked: `${target}: ${String(wanted.size)} bytes`,
      seen: `${String(size ?? '?')} bytes${came}`,
      hint: 'does that address lead to this server? A proxy or a page of the network’s operator may stand in between',
    }),
  );
}

function unreached(server: PackageServer, target: string, seen: string, connections: number, { rig }: ReachOptions): RigFault {
  const { advertise, protocol, listening } = server;
  const witness =
    listening === undefined
      ? 'that server is not ours: nobody saw whether it came'
      : connections === 0
        ? 'our server saw no connection'
        : `our server saw ${String(connections)} connection${connections === 1 ? '' : 's'}`;
  const address = `${advertise.host}:${String(advertise.port)}`;
  const way = listening === undefined ? '' : ` lead to ${listening.host}:${String(listening.port)} of this host`;
  const hint =
    connections > 0
      ? protocol === 'ftp'
        ? 'the way there works: are the passive ports forwarded as well (passivePorts)?'
        : 'the way there works: something breaks the transfer, or changes it'
      : `does ${address}${way} (port forward, firewall, DNS)? Has the APN ${rig.network.apn} a way to the internet?`;
  return new RigFault(`the module cannot fetch from the ${protocol.toUpperCase()} server`, {
    asked: target,
    seen: `${messageOf(seen)}; ${witness}`,
    hint,
  });
}
