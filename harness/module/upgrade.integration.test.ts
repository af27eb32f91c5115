/**
 * The real parts together: the simulated module in its process, pseudo-terminals, lines, AT dialogue, power, servers. The simulator has to be
 * built (`npm test` does that).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAtPort } from '../at/port.js';
import { systemClock } from '../base/clock.js';
import { seeded } from '../base/random.js';
import { Secrets } from '../base/secrets.js';
import { Teardown } from '../base/teardown.js';
import { startFtpServer } from '../delivery/ftp.js';
import { startHttpServer } from '../delivery/http.js';
import type { EventOf, EventType } from '../journal/events.js';
import { memoryJournal } from '../journal/journal.js';
import { openLine } from '../line/line.js';
import { packageFacts } from '../package/facts.js';
import { openPower } from '../power/open.js';
import { startSimulatedUnit } from '../power/simulated/unit.js';
import type { RigPower } from '../power/types.js';
import { profileOf } from '../rig/profile.js';
import { ownServer } from '../rig/delivery-schema.js';
import { rigDefinition } from '../rig/schema.js';
import { newRevision, oldRevision } from './testing/scripted-module.js';
import type { Package, Unit, UnitLine } from './types.js';
import { openUnit } from './unit.js';

jest.setTimeout(120_000);

const simulator = join(__dirname, '..', '..', 'dist', 'harness', 'simulator', 'main.js');
const rig = rigDefinition.parse({
  name: 'integration',
  module: 'EC25',
  unit: { imei: '861107030000001' },
  power: { simulated: {} },
  network: { apn: 'internet' },
  delivery: {
    ftp: { listen: '127.0.0.1:0', advertise: 'fota.example.net:21' },
    http: { listen: '127.0.0.1:0', advertise: 'fota.example.net:80' },
    ufs: true,
    sd: true,
  },
  safety: { powerCuts: true },
  timing: { scale: 0.002 },
  limits: { boot: '25m', download: '1h', upgrade: '2h' },
});
const directory = mkdtempSync(join(tmpdir(), 'integration-'));
const clock = systemClock;
const secrets = new Secrets();
const journal = memoryJournal({ clock, secrets });
const teardown = new Teardown(clock);
let unit: Unit;
let power: RigPower;
let upgrade: Package;
let downgrade: Package;

const since = (first: number) => journal.events.slice(first);
const of = <T extends EventType>(events: readonly { type: string }[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

async function packageOf(step: 'upgrade' | 'downgrade'): Promise<Package> {
  const [from, to] = step === 'upgrade' ? ['v12', 'v13'] : ['v13', 'v12'];
  const path = join(directory, `update-${from}-to-${to}.zip`);
  const [fromRevision, toRevision] = step === 'upgrade' ? [oldRevision, newRevision] : [newRevision, oldRevision];
  return { path, facts: await packageFacts(path, from, to, 'sound'), step, fromRevision, toRevision };
}

beforeAll(async () => {
  teardown.defer('directory', () => {
    rmSync(directory, { recursive: true, force: true });
  });
  execFileSync(process.execPath, [simulator, 'pair', '--module', 'EC25', '--out', directory]);
  upgrade = await packageOf('upgrade');
  downgrade = await packageOf('downgrade');
  const simulated = await startSimulatedUnit({ rig, seed: 1, journal, clock, dir: join(directory, 'unit'), program: simulator });
  teardown.defer('simulated unit', () => simulated.close());
  power = await openPower(rig, { journal, clock, simulated });
  teardown.defer('power', () => power.close());
  const context = (name: string) => {
    const folder = join(directory, name);
    mkdirSync(folder);
    return { journal, clock, secrets, random: seeded(1, name), folder };
  };
  const servers = {
    ftp: await startFtpServer(ownServer(rig.delivery.ftp) ?? raise(), context('ftp')),
    http: await startHttpServer(ownServer(rig.delivery.http) ?? raise(), context('http')),
  };
  for (const server of Object.values(servers)) {
    teardown.defer(server.protocol, () => server.close());
    const { advertise, listening } = server;
    await simulated.route(`${advertise.host}:${String(advertise.port)}`, `${listening.host}:${String(listening.port)}`);
  }
  const lines: { at?: UnitLine; uart?: UnitLine } = {};
  for (const role of ['at', 'uart'] as const) {
    const line = openLine({ device: simulated.linePaths[role], baudRate: 115_200 }, role, { journal, clock, secrets });
    const port = openAtPort(line, { journal, clock });
    teardown.defer(`line ${role}`, async () => {
      await port.close();
      await line.close();
    });
    lines[role] = { line, port };
  }
  unit = await openUnit({
    rig,
    profile: profileOf(rig),
    pair: { name: 'simulated', upgrade, downgrade },
    lines,
    power,
    servers,
    journal,
    clock,
    secrets,
    random: seeded(1),
    restoreCommand: () => simulated.reflash(),
  });
  teardown.defer('unit', () => {
    unit.close();
  });
});

afterAll(async () => {
  expect(await teardown.run()).toEqual([]);
});

function raise(): never {
  throw new Error('not in this rig');
}

test.each(['ufs', 'http', 'ftp'] as const)('round trip over %s', async (from) => {
  for (const step of [upgrade, downgrade]) {
    const { events } = await unit.upgrade(step, { from });
    expect(of(events, 'upgrade.end')[0]).toMatchObject({ why: 'normal-mode', detail: `runs ${step.toRevision}` });
    const [before, after] = ['before', 'after'].map(
      (when) => of(events, 'module.identity').find((event) => event.when === when)?.identity,
    );
    expect(before?.revision).toBe(step.fromRevision);
    const told = { gmr: after?.gmr, cgmr: after?.cgmr, qgmr: after?.qgmr, subEdition: after?.subEdition };
    expect(after).toEqual({ ...before, ...told, revision: step.toRevision });
    expect(of(events, 'line.rx').some(({ data }) => data.includes('"END",0'))).toBe(true);
  }
  const first = journal.events.length;
  await unit.restore('after the round trip');
  expect(of(since(first), 'restore.rung')).toEqual([]);
});

test('a corrupt package: the module stays at, or comes back to, the old version, and the watch sees the end of it', async () => {
  const bad = readFileSync(upgrade.path);
  bad.writeUInt8(bad.readUInt8(bad.length >> 1) ^ 0xff, bad.length >> 1);
  const path = join(directory, 'corrupt.zip');
  writeFileSync(path, bad);
  const facts = { ...upgrade.facts, file: 'corrupt.zip', contents: 'corrupt' as const };
  const { events } = await unit.upgrade({ ...upgrade, path, facts }, { from: 'ufs' });
  expect(of(events, 'upgrade.end')[0]).toMatchObject({ why: 'normal-mode', detail: `runs ${oldRevision}` });
  await unit.restore('after a corrupt package');
  expect((await unit.files()).ufs).toEqual([]);
});

test('the supply cut in mid-update, by an observer that restores it: the same upgrade ends on the new version', async () => {
  let cut = false;
  const { events } = await unit.upgrade(upgrade, {
    from: 'ufs',
    observer: {
      onUrc: ({ report }) => {
        if (cut || report?.kind !== 'updating' || (report.percent ?? 0) < 20) return;
        cut = true;
        power.cut('test');
        void power.settled().then(() => power.on('test'));
      },
    },
  });
  expect(cut).toBe(true);
  expect(of(events, 'upgrade.end')[0]).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
});

test('restore brings the new version back by the downgrade package', async () => {
  const first = journal.events.length;
  await unit.restore('after the cut');
  expect(of(since(first), 'restore.rung').map(({ rung, ok }) => [rung, ok])).toEqual([['downgrade', true]]);
  expect((await unit.identity()).revision).toBe(oldRevision);
});
