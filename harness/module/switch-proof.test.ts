/** The proof of a rig's switch against benches whose wires lie, on real pseudo-terminals; `sound` ones must be told from all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAtPort } from '../at/port.js';
import { systemClock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { Secrets } from '../base/secrets.js';
import type { EventOf, LineRole } from '../journal/events.js';
import { memoryJournal } from '../journal/journal.js';
import { openLine } from '../line/line.js';
import { profileOf } from '../rig/profile.js';
import { rigDefinition } from '../rig/schema.js';
import { explainSilence, proveSwitch, SwitchProof, type SwitchProofOptions, type SwitchProven } from './switch-proof.js';
import { LyingPower, type Lie } from './testing/lying-power.js';
import { ScriptedModule } from './testing/scripted-module.js';
import type { UnitLine } from './types.js';

jest.setTimeout(120_000);

const cleanUps: (() => Promise<void>)[] = [];
async function cleanUp(): Promise<void> {
  for (const clean of cleanUps.splice(0)) await clean();
}

interface BenchOptions {
  readonly roles?: readonly LineRole[];
  readonly wires?: LyingPower['wires'];
  readonly powerCuts?: boolean;
  readonly signal?: AbortSignal;
}

const allWires = { supply: true, vbus: false, powerKey: true, reset: false, status: true };

/** A module that runs, every line open. */
async function bench(lie: Lie = {}, options: BenchOptions = {}) {
  const { roles = ['at', 'uart'], wires = allWires, powerCuts = true } = options;
  const directory = mkdtempSync(join(tmpdir(), 'switch-'));
  const clock = systemClock;
  const secrets = new Secrets();
  const journal = memoryJournal({ clock, secrets });
  const module = new ScriptedModule(directory, roles);
  const power = new LyingPower(module, journal, lie, wires);
  const definition = rigDefinition.parse({
    name: 'bench',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    lines: Object.fromEntries(
      roles.map((role) => [role, role === 'at' ? { usb: { path: '1-1', interface: 2 } } : { device: '/dev/ttyS1' }]),
    ),
    power: { command: { supplyOn: ['true'], supplyOff: ['true'] } },
    network: { apn: 'internet', registration: false },
    delivery: { ufs: true },
    safety: { powerCuts },
    timing: { scale: 0.01 },
    limits: { boot: '100s' },
  });
  const lines: { at?: UnitLine; uart?: UnitLine } = {};
  for (const role of roles) {
    const line = openLine({ device: join(directory, role), baudRate: 115_200 }, role, { journal, clock, secrets });
    const port = openAtPort(line, { journal, clock });
    lines[role] = { line, port };
    cleanUps.push(async () => {
      await port.close();
      await line.close();
    });
    if (!port.connected) await new Promise<void>((resolve) => port.onConnection((state) => state === 'open' && resolve()));
  }
  cleanUps.push(() => {
    module.close();
    rmSync(directory, { recursive: true });
    return Promise.resolve();
  });
  const proofOptions: SwitchProofOptions = {
    rig: definition,
    profile: profileOf(definition),
    lines,
    power,
    journal,
    clock,
    secrets,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  return {
    module,
    power,
    journal,
    options: proofOptions,
    proofs: () => journal.events.filter((event): event is EventOf<'switch.proof'> => event.type === 'switch.proof'),
  };
}
type Bench = Awaited<ReturnType<typeof bench>>;

async function faultOf(proof: Promise<unknown>): Promise<RigFault> {
  const fault = await proof.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(RigFault);
  return fault as RigFault;
}

/** Whatever was found, the unit runs again. */
function expectRunning({ power, module }: Bench): void {
  expect({ powered: power.powered, running: power.running, answering: module.answering }).toEqual({
    powered: true,
    running: true,
    answering: true,
  });
}

/** What became of a proof. They mostly wait, so all of a table run side by side. */
interface Outcome {
  readonly bench: Bench;
  readonly proven: SwitchProven | undefined;
  readonly fault: unknown;
}

async function proved(lie: Lie, options: BenchOptions): Promise<Outcome> {
  const it = await bench(lie, options);
  return proveSwitch(it.options).then(
    (proven) => ({ bench: it, proven, fault: undefined }),
    (fault: unknown) => ({ bench: it, proven: undefined, fault }),
  );
}

describe('a sound switch is proven', () => {
  const noStatus = { ...allWires, status: false };
  const cases: readonly [string, Lie, BenchOptions][] = [
    ['all wires', {}, {}],
    ['without STATUS', {}, { wires: noStatus }],
    ['UART alone, without STATUS', {}, { roles: ['uart'], wires: noStatus }],
    ['USB alone, VBUS switched too', {}, { roles: ['at'], wires: { ...noStatus, vbus: true } }],
    ['decay within the limit', { decay: 150 }, {}],
    ['a board without PWRKEY wire', {}, { wires: { ...allWires, powerKey: false } }],
    ['an adapter that leaves with VBUS, PWRKEY as the witness', { adapter: 'switched' }, { wires: { ...noStatus, vbus: true } }],
    ['an adapter that leaves, USB as the witness', { adapter: 'switched' }, { wires: { ...noStatus, powerKey: false } }],
  ];
  let outcomes: readonly Outcome[];
  beforeAll(async () => {
    outcomes = await Promise.all(cases.map(([, lie, options]) => proved(lie, options)));
  });
  afterAll(cleanUp);

  test.each(cases.map(([name], index) => [name, index] as const))('%s', (_name, index) => {
    const { bench: it, proven, fault } = outcomes[index] as Outcome;
    expect(fault).toBeUndefined();
    expectRunning(it);
    expect(it.proofs()).toEqual([expect.objectContaining({ ok: true, decay: 500 })]);
    expect(it.proofs()[0]?.problem).toBeUndefined();
    expect(proven?.seen.lines.every(({ silentAfter }) => silentAfter !== undefined && silentAfter <= 500)).toBe(true);
    if (it.power.wires.status) expect(proven?.seen.statusFell).toBeLessThanOrEqual(500);
    expect(it.power.done.filter((action) => action === 'supply off')).toHaveLength(1);
  });
});

describe('a board that starts by itself', () => {
  afterEach(cleanUp);
  test('is an observation, and its PWRKEY is let alone', async () => {
    const it = await bench({ powerKey: 'not needed' });
    expect((await proveSwitch(it.options)).startsByItself).toBe(true);
    expect(it.power.done).not.toContain('powerKey press');
    expectRunning(it);
    expect((await proveSwitch((await bench()).options)).startsByItself).toBe(false);
  });
});

describe('each lie is found and told apart, and the unit runs afterwards', () => {
  const cases: readonly [string, Lie, RegExp, string, BenchOptions][] = [
    ['supply-does-nothing', { supply: 'stuck' }, /the supply line does nothing/, 'STATUS stayed high; USB stayed; at still', {}],
    ['supply-does-nothing', { backFeed: 'all' }, /the supply line does nothing/, 'uart still answers', {}],
    [
      'supply-does-nothing',
      { supply: 'stuck' },
      /the supply line does nothing/,
      'USB left',
      { wires: { ...allWires, vbus: true } },
    ],
    ['supply-inverted', { supply: 'inverted' }, /the supply line is inverted/, 'STATUS stayed high; USB stayed', {}],
    ['status-stuck-high', { status: 'high' }, /STATUS is stuck high/, 'STATUS stayed high; USB left', {}],
    ['status-stuck-low', { status: 'low' }, /STATUS is stuck low/, 'STATUS stayed low; USB left', {}],
    ['status-inverted', { status: 'inverted' }, /STATUS is inverted/, 'STATUS went from low to high', {}],
    ['back-feed', { backFeed: 'uart' }, /kept alive by back-feed/, 'STATUS fell after 0 ms; USB left', {}],
    ['back-feed', { backFeed: 'usb' }, /kept alive by back-feed/, 'USB stayed; at silent', {}],
    ['slow-decay', { decay: 1300 }, /decays too slowly/, 'STATUS fell after 1', {}],
    // It dies as the watch ends: one AT is unanswered by then.
    ...[2100, 2300].map((decay): [string, Lie, RegExp, string, BenchOptions] => [
      'slow-decay',
      { decay },
      /decays too slowly/,
      'uart',
      { roles: ['uart'], wires: { ...allWires, status: false } },
    ]),
    ['another-unit', { imei: '861107030000099' }, /another unit answers/, 'it came back after PWRKEY', {}],
    [
      'no-witness',
      { adapter: 'switched', supply: 'stuck' },
      /nothing tells whether the supply goes/,
      'the device of uart, not the module’s own, left: no witness; then on: it came back',
      { wires: { ...allWires, vbus: true, status: false, powerKey: false } },
    ],
    [
      'no-witness',
      { adapter: 'switched', supply: 'stuck' },
      /nothing tells whether the supply goes/,
      'it came back without PWRKEY',
      { wires: { ...allWires, vbus: true, status: false } },
    ],
    [
      'no-witness',
      { adapter: 'switched', supply: 'stuck' },
      /nothing tells whether the supply goes/,
      'it came back without PWRKEY',
      { roles: ['uart'], wires: { ...allWires, status: false } },
    ],
    [
      'supply-does-nothing',
      { adapter: 'switched', supply: 'stuck' },
      /the supply line does nothing/,
      'STATUS stayed high',
      { roles: ['uart'] },
    ],
    [
      'no-witness',
      { powerKey: 'not needed', supply: 'stuck' },
      /nothing tells whether the supply goes/,
      'it came back without PWRKEY',
      { roles: ['at'], wires: { ...allWires, vbus: true, status: false } },
    ],
  ];
  let outcomes: readonly Outcome[];
  beforeAll(async () => {
    outcomes = await Promise.all(cases.map(([, lie, , , options]) => proved(lie, options)));
  });
  afterAll(cleanUp);

  test.each(cases.map(([problem, lie, message, seen], index) => [problem, lie, message, seen, index] as const))(
    '%s: %j',
    (problem, lie, message, seen, index) => {
      const { bench: it, fault } = outcomes[index] as Outcome;
      expect(fault).toBeInstanceOf(RigFault);
      const { message: text, explanation } = fault as RigFault;
      expect(text).toMatch(message);
      expect(explanation.seen).toContain(seen);
      expect(explanation.asked).toBeTruthy();
      expect(explanation.hint).toBeTruthy();
      expect(it.proofs()).toEqual([expect.objectContaining({ ok: false, problem })]);
      expect(it.power.powered).toBe(true);
      expect(it.power.inverted).toBe(problem === 'supply-inverted');
      // One that is half alive is for the restore ladder: nobody knows what PWRKEY would do to it.
      if (lie.backFeed !== 'uart') expectRunning(it);
      if (problem !== 'slow-decay' || !it.power.wires.status) return;
      // Measured twice: a host that stood still once is no fault.
      expect(it.power.done.filter((action) => action === 'supply off')).toHaveLength(2);
      expect(it.proofs()[0]?.statusFell).toBeGreaterThan(1200);
      expect(it.proofs()[0]?.silentAfter).toBeGreaterThan(1000);
    },
  );
});

describe('a unit that does not come back', () => {
  afterEach(cleanUp);

  test('PWRKEY that does nothing: the supply is left on', async () => {
    const it = await bench({ powerKey: 'dead' });
    const fault = await faultOf(proveSwitch(it.options));
    expect(fault.message).toMatch(/PWRKEY does nothing/);
    expect(it.proofs()[0]).toMatchObject({ ok: false, problem: 'power-key-does-nothing' });
    expect(it.power.powered).toBe(true);
  });

  test('a unit that lives but does not get to normal mode', async () => {
    const it = await bench();
    it.module.boot = () => it.module.report('"START"');
    const fault = await faultOf(
      proveSwitch({ ...it.options, profile: { ...it.options.profile, limits: { boot: 600, download: 600, upgrade: 600 } } }),
    );
    expect(fault.message).toMatch(/does not come back after its supply was cut/);
    expect(it.power.powered).toBe(true);
  });
});

describe('a unit that does not come up', () => {
  afterEach(cleanUp);

  test('hangs on an inverted line: it lives when told off', async () => {
    const it = await bench({ supply: 'inverted' });
    await it.power.supply(true, 'start of the run');
    const fault = await explainSilence(it.options);
    expect(fault?.message).toMatch(/the supply line is inverted/);
    expect(it.proofs()).toEqual([expect.objectContaining({ problem: 'supply-inverted' })]);
    expectRunning(it);
  });

  test('is dead for another reason: nothing is said of its switch, and the supply is on', async () => {
    const it = await bench({ powerKey: 'dead' });
    await it.power.supply(false, 'test');
    await it.power.supply(true, 'test');
    expect(await explainSilence(it.options)).toBeUndefined();
    expect(it.proofs()).toEqual([]);
    expect(it.power.powered).toBe(true);
  });

  test.each([true, false])(
    'reports a recovery that never ends: its line is not inverted, and the supply is on (STATUS: %s)',
    async (status) => {
      const it = await bench({ decay: 250 }, { wires: { ...allWires, status } });
      it.module.leave();
      it.module.boot = () => undefined;
      const reports = setInterval(() => {
        if (it.power.running) it.module.report('"UPDATING",5', 'uart');
      }, 100);
      const profile = { ...it.options.profile, limits: { boot: 600, download: 600, upgrade: 600 } };
      const explained = explainSilence({ ...it.options, profile }).finally(() => {
        clearInterval(reports);
      });
      expect(await explained).toBeUndefined();
      expect(it.proofs()).toEqual([]);
      expect([it.power.told, it.power.powered, it.power.inverted]).toEqual([true, true, false]);
    },
  );

  test('cannot have its switch proven', async () => {
    const it = await bench();
    it.module.leave();
    expect((await faultOf(proveSwitch(it.options))).message).toMatch(/cannot be proven: the unit does not answer/);
    expect(it.power.done).toEqual([]);
  });
});

describe('the supply is never left off', () => {
  afterEach(cleanUp);

  test('when a wire cannot be read in the middle of it', async () => {
    const it = await bench();
    const { power } = it;
    let asked = 0;
    const status = power.status.bind(power);
    power.status = () => (++asked === 2 ? Promise.reject(new RigFault('STATUS cannot be read')) : status());
    expect((await faultOf(proveSwitch(it.options))).message).toBe('STATUS cannot be read');
    expectRunning(it);
  });

  test('when the run is interrupted', async () => {
    const abort = new AbortController();
    const it = await bench({ decay: 5_000 }, { signal: abort.signal });
    const supply = it.power.supply.bind(it.power);
    it.power.supply = async (on, reason) => {
      await supply(on, reason);
      if (!on) setImmediate(() => abort.abort(new RigFault('interrupted')));
    };
    expect((await faultOf(proveSwitch(it.options))).message).toBe('interrupted');
    expect(it.power.told).toBe(true);
  });

  test('a rig that allows no cuts is not cut', async () => {
    const it = await bench({}, { powerCuts: false });
    await expect(proveSwitch(it.options)).rejects.toThrow('does not allow power cuts');
    await expect(new SwitchProof(it.options).ensure()).rejects.toThrow('does not allow power cuts');
    expect(it.power.done).toEqual([]);
  });
});

describe('made once in a session', () => {
  afterEach(cleanUp);

  test('a sound switch is cut once, also when two ask at the same time', async () => {
    const it = await bench();
    const proof = new SwitchProof(it.options);
    await Promise.all([proof.ensure(), proof.ensure()]);
    await proof.ensure();
    expect(it.proofs()).toHaveLength(1);
  });

  test('a bad one rejects each time with the same fault, which the journal has once', async () => {
    const it = await bench({ supply: 'stuck' });
    const proof = new SwitchProof(it.options);
    const first = await faultOf(proof.ensure());
    expect(await faultOf(proof.ensure())).toBe(first);
    expect(it.proofs()).toHaveLength(1);
    expect(it.journal.events.filter(({ type }) => type === 'rig.fault')).toEqual([
      expect.objectContaining({ what: first.message, seen: first.explanation.seen }),
    ]);
  });

  test('what only kept the proof from being made is tried again', async () => {
    const it = await bench();
    const proof = new SwitchProof(it.options);
    const status = it.power.status.bind(it.power);
    it.power.status = () => Promise.reject(new RigFault('STATUS cannot be read'));
    await faultOf(proof.ensure());
    it.power.status = status;
    await proof.ensure();
    expect(it.proofs()).toEqual([expect.objectContaining({ ok: true })]);
  });
});
