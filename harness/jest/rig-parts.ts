import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import type { Secrets } from '../base/secrets.js';
import type { Teardown } from '../base/teardown.js';
import { openAtPort } from '../at/port.js';
import { RigFault } from '../base/errors.js';
import { externalServer } from '../delivery/external.js';
import { startFtpServer } from '../delivery/ftp.js';
import { startHttpServer } from '../delivery/http.js';
import type { PackageServer } from '../delivery/types.js';
import type { Journal } from '../journal/journal.js';
import { lineRoles } from '../journal/events.js';
import { openLine } from '../line/line.js';
import type { UnitLine } from '../module/types.js';
import { runProgram } from '../power/program.js';
import { holdPower } from '../power/hold.js';
import { startSimulatedUnit } from '../power/simulated/unit.js';
import type { RigPower } from '../power/types.js';
import { maskedArgv } from '../rig/profile.js';
import { ownServer } from '../rig/delivery-schema.js';
import type { RigDefinition } from '../rig/schema.js';
import { watchUsb } from '../usb/monitor.js';

export interface PartsOptions {
  readonly rig: RigDefinition;
  readonly seed: number;
  readonly random: Random;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly workshop: string;
  readonly teardown: Teardown;
}

export interface RigParts {
  readonly lines: { at?: UnitLine; uart?: UnitLine };
  readonly power: RigPower;
  readonly servers: { ftp?: PackageServer; http?: PackageServer };
  readonly restoreCommand: ((why: string) => Promise<void>) | undefined;
}

/** Opens what the rig's definition names: switch, servers, lines. Each is registered for its end before the next is opened. */
export async function openRig(options: PartsOptions): Promise<RigParts> {
  const { rig, journal, clock, secrets, teardown, workshop, random, seed } = options;
  const simulated = rig.power.simulated === undefined ? undefined : await startSimulatedUnit({ rig, seed, journal, clock });
  if (simulated !== undefined) teardown.defer('simulated unit', () => simulated.close());
  // Before anything is switched: what leaves the bus then is a witness.
  const addresses = lineRoles.flatMap((role) => rig.lines?.[role]?.usb ?? []);
  const usb = simulated !== undefined || addresses.length === 0 ? undefined : watchUsb(addresses, { journal, clock });
  if (usb !== undefined) teardown.defer('USB', () => usb.close());
  const power = await holdPower(rig, teardown, { journal, clock, ...(simulated === undefined ? {} : { simulated }) });

  const servers: RigParts['servers'] = {};
  const [ftpHere, httpHere] = [ownServer(rig.delivery.ftp), ownServer(rig.delivery.http)];
  const [ftpThere, httpThere] = [rig.delivery.ftp?.external, rig.delivery.http?.external];
  const context = (protocol: string) => {
    const folder = join(workshop, protocol);
    mkdirSync(folder);
    return { journal, clock, secrets, random, folder };
  };
  if (ftpHere !== undefined) {
    const server = await startFtpServer(ftpHere, context('ftp'));
    teardown.defer('FTP server', () => server.close());
    servers.ftp = server;
  }
  if (httpHere !== undefined) {
    const server = await startHttpServer(httpHere, context('http'));
    teardown.defer('HTTP server', () => server.close());
    servers.http = server;
  }
  const env = process.env;
  if (ftpThere !== undefined) servers.ftp = externalServer('ftp', ftpThere, { ...context('ftp'), env });
  if (httpThere !== undefined) servers.http = externalServer('http', httpThere, { ...context('http'), env });
  for (const server of [servers.ftp, servers.http]) {
    if (server?.external === true) teardown.defer(`external ${server.protocol} server`, () => server.close(), 60_000);
  }
  // A simulated unit's mobile network leads the advertised addresses to where the servers listen, as a router in front of a lab does.
  for (const server of Object.values(servers)) {
    const { listening } = server;
    if (listening === undefined) continue;
    const names = [server.advertise.host, rig.delivery[server.protocol]?.longestHost].filter((name) => name !== undefined);
    for (const name of names) {
      await simulated?.route(`${name}:${String(server.advertise.port)}`, `${listening.host}:${String(listening.port)}`);
    }
  }

  const lines: RigParts['lines'] = {};
  for (const role of lineRoles) {
    const path = simulated?.linePaths[role];
    const definition = path === undefined ? rig.lines?.[role] : { device: path, baudRate: 115_200 };
    if (definition === undefined) continue;
    const line = openLine(definition, role, { journal, clock, secrets, ...(usb === undefined ? {} : { usb }) });
    teardown.defer(`line ${role}`, () => line.close());
    const port = openAtPort(line, { journal, clock });
    teardown.defer(`AT port ${role}`, () => port.close());
    lines[role] = { line, port };
  }
  return { lines, power, servers, restoreCommand: restoreCommand() };

  function restoreCommand(): RigParts['restoreCommand'] {
    if (simulated !== undefined) return () => simulated.reflash();
    const { restore } = rig;
    if (restore === undefined) return undefined;
    return async (why) => {
      journal.write({ type: 'note', text: `restore command, ${why}: ${maskedArgv(restore.command).join(' ')}` });
      const { exit, stdout, stderr, failure } = await runProgram(restore.command, restore.timeout, clock);
      if (exit === 0) return;
      throw new RigFault('the restore command failed', {
        asked: `${maskedArgv(restore.command).join(' ')} ends with exit code 0 and the unit is at its baseline`,
        seen: failure?.text ?? `exit code ${String(exit)}: ${secrets.mask((stderr || stdout).trim().slice(-400))}`,
        hint: 'run it by hand on the rig; restore.timeout is its time limit',
      });
    };
  }
}
