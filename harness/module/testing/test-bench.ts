import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAtPort } from '../../at/port.js';
import { systemClock } from '../../base/clock.js';
import { seeded } from '../../base/random.js';
import { Secrets } from '../../base/secrets.js';
import type { PackageServer, Publication } from '../../delivery/types.js';
import type { EventOf, EventType, LineRole, RigProfile } from '../../journal/events.js';
import { memoryJournal } from '../../journal/journal.js';
import { openLine } from '../../line/line.js';
import { rigDefinition, type RigDefinition } from '../../rig/schema.js';
import type { Package, Pair, Unit, UnitLine, UnitOptions } from '../types.js';
import { openUnit } from '../unit.js';
import { newRevision, oldRevision, ScriptedModule } from './scripted-module.js';
import { ScriptedPower } from './scripted-power.js';

export interface TestBenchOptions {
  readonly roles?: readonly LineRole[];
  readonly limits?: Partial<RigProfile['limits']>;
  readonly wires?: ScriptedPower['wires'];
  readonly rig?: Partial<Pick<RigDefinition, 'network' | 'sim' | 'safety'>>;
}

/** A rig whose module is scripted: real pseudo-terminals, lines, AT dialogue and files; times a hundredth of a real module's. */
export function testBench(options: TestBenchOptions = {}) {
  const { roles = ['at', 'uart'] } = options;
  const directory = mkdtempSync(join(tmpdir(), 'module-test-'));
  const clock = systemClock;
  const secrets = new Secrets();
  const journal = memoryJournal({ clock, secrets });
  const module = new ScriptedModule(directory, roles);
  const power = new ScriptedPower(module, journal, options.wires);
  const definition = rigDefinition.parse({
    name: 'bench',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    lines: Object.fromEntries(roles.map((role) => [role, { device: join(directory, role) }])),
    power: { command: { powerKey: ['true', '{ms}'] } },
    network: { apn: 'internet' },
    delivery: { ufs: true, sd: true },
  });
  const rig: RigDefinition = { ...definition, ...options.rig };
  const profile: RigProfile = {
    name: 'bench',
    module: 'EC25',
    lines: [...roles],
    sources: ['ufs', 'sd', 'http'],
    firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' },
    limits: { boot: 2_000, download: 3_000, upgrade: 4_000, ...options.limits },
    scale: 0.01,
    simulated: true,
  };
  const lines: { at?: UnitLine; uart?: UnitLine } = {};
  for (const role of roles) {
    const line = openLine({ device: join(directory, role), baudRate: 115_200 }, role, { journal, clock, secrets });
    lines[role] = { line, port: openAtPort(line, { journal, clock }) };
  }
  const pair: Pair = { name: 'pair', upgrade: packageOf('upgrade'), downgrade: packageOf('downgrade') };
  let unit: Unit | undefined;

  function packageOf(step: 'upgrade' | 'downgrade'): Package {
    const path = join(directory, `${step}.zip`);
    writeFileSync(path, seeded(1, step).bytes(5_001));
    const [from, to] = step === 'upgrade' ? ['v12', 'v13'] : ['v13', 'v12'];
    const [fromRevision, toRevision] = step === 'upgrade' ? [oldRevision, newRevision] : [newRevision, oldRevision];
    const facts = { file: `${step}.zip`, size: 5_001, sha256: '', from, to, contents: 'sound' as const };
    return { path, facts, step, fromRevision, toRevision };
  }

  return {
    module,
    power,
    journal,
    rig,
    pair,
    profile,
    lines,
    async open(more: Partial<UnitOptions> = {}): Promise<Unit> {
      unit = await openUnit({
        rig,
        profile,
        pair,
        lines,
        power,
        servers: { http: scriptedServer() },
        journal,
        clock,
        secrets,
        random: seeded(1),
        ...more,
      });
      return unit;
    },
    /** Events of one type, in order. */
    events<T extends EventType>(type: T): EventOf<T>[] {
      return journal.events.filter((event): event is EventOf<T> => event.type === type);
    },
    async close(): Promise<void> {
      unit?.close();
      for (const { line, port } of Object.values(lines)) {
        await port.close();
        await line.close();
      }
      module.close();
      rmSync(directory, { recursive: true });
    },
  };
}
export type TestBench = ReturnType<typeof testBench>;

/** An address and nothing behind it: the scripted module downloads nothing. */
function scriptedServer(): PackageServer {
  const target = (name: string): { target: string; maskedTarget: string } => {
    const text = `http://127.0.0.1:8080/${name}`;
    return { target: text, maskedTarget: text };
  };
  return {
    protocol: 'http',
    advertise: { host: '127.0.0.1', port: 8080 },
    listening: { host: '127.0.0.1', port: 8080 },
    publish: (_file, options): Promise<Publication> =>
      Promise.resolve({ source: 'http', ...target(options?.name ?? 'update.zip'), withdraw: () => Promise.resolve() }),
    target,
    close: () => Promise.resolve(),
  };
}
