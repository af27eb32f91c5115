/** `dfota power` on a simulated rig and on one that is switched by real programs. Needs the harness built (`npm test` does that). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { ExplainedError } from '../base/errors.js';
import { acquireLease } from '../rig/lease.js';
import { command } from './power.js';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'power-'));
const before = process.env['DFOTA_STATE'];

beforeAll(() => {
  process.env['DFOTA_STATE'] = folder;
});
afterAll(() => {
  if (before === undefined) delete process.env['DFOTA_STATE'];
  else process.env['DFOTA_STATE'] = before;
  rmSync(folder, { recursive: true, force: true });
});

interface Done {
  readonly exit: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs the command here; an error that would end the program is told as the program tells it. */
async function dfota(rig: string, ...words: string[]): Promise<Done> {
  const told = { out: '', errors: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      told[stream === 'stdout' ? 'out' : 'errors'] += String(text);
      return true;
    }),
  );
  let exit: number;
  try {
    await yargs(['power', '--rig', rig, ...words])
      .command(command)
      .strict()
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync();
    exit = Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof ExplainedError)) throw error;
    told.errors += error.explain();
    exit = error.exitCode;
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
  return { exit, ...told };
}

function written(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

function simulated(name: string, changes: Readonly<Record<string, string>> = {}): string {
  const shipped = readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8').replace(/# yaml-language-server.*\n/, '');
  return written(
    name,
    Object.entries({ 'simulated-ec25': name, 'boot: 300s': 'boot: 90s', ...changes }).reduce(
      (text, [from, to]) => text.replace(from, to),
      shipped,
    ),
  );
}

/** A rig switched by one program that plays board and unit: what it is asked stands in `log`, STATUS in `status`. */
function board(name: string, options: { readonly cuts?: boolean; readonly status?: boolean; readonly supply?: boolean } = {}) {
  const relay = join(folder, `${name}-relay`);
  const state = (what: string): string => join(folder, `${name}-${what}`);
  writeFileSync(
    relay,
    `#!/bin/sh
[ "$1" = status ] && { cat '${state('status')}'; exit; }
echo "$@" >> '${state('log')}'
[ "$1" = broken ] && { echo 'no such relay' >&2; exit 7; }
if [ "$1" = key ] && [ ! -e '${state('deaf')}' ]; then
  if [ "$(cat '${state('status')}')" = on ]; then echo off > '${state('status')}'; else echo on > '${state('status')}'; fi
fi
[ "$1 $2" = 'supply off' ] && [ ! -e '${state('stuck')}' ] && echo off > '${state('status')}'
exit 0
`,
  );
  chmodSync(relay, 0o755);
  writeFileSync(state('status'), 'off\n');
  writeFileSync(state('log'), '');
  const { cuts = true, status = true, supply = true } = options;
  const rig = written(
    name,
    `name: ${name}
module: EC25
unit: { imei: "861107030000001" }
lines: { uart: { device: /dev/ttyNone } }
power:
  command:
    ${supply ? `supplyOn: [${relay}, supply, "on"]\n    supplyOff: [${relay}, supply, "off"]` : ''}
    powerKey: [${relay}, key, "{ms}"]
    reset: [${relay}, ${name === 'broken' ? 'broken' : 'reset'}, "{ms}"]
    ${status ? `status: [${relay}, status]` : ''}
network: { apn: internet }
delivery: { ufs: true }
safety: { powerCuts: ${String(cuts && supply)} }
timing: { scale: 0.01 }
limits: { boot: 60s }
`,
  );
  return {
    rig,
    log: () => readFileSync(state('log'), 'utf8').split('\n').filter(Boolean),
    set: (what: 'deaf' | 'stuck') => {
      writeFileSync(state(what), '');
    },
    runs: () => {
      writeFileSync(state('status'), 'on\n');
    },
  };
}

describe('on a simulated rig', () => {
  test('on, and STATUS follows; the unit ends with the command, and that is said', async () => {
    const { exit, out, errors } = await dfota(simulated('sim-on'), 'on', 'status');
    expect(out).toMatch(
      /^supply on \(\d+ ms\)\nVBUS on \(\d+ ms\)\nPWRKEY pulse of 6 ms\nSTATUS high after \d+ ms\nSTATUS high\n$/,
    );
    expect(errors).toMatch(/lives as long as this command/);
    expect(exit).toBe(0);
  });

  test('cycle, press, reset and off in one go, as JSON', async () => {
    const { exit, out } = await dfota(simulated('sim-all'), 'on', 'cycle', 'reset', 'press', 'off', '--json');
    const told = JSON.parse(out) as { actions: { action: string; did: { wire: string; action: string }[]; status: string }[] };
    expect(told).toMatchObject({ rig: 'sim-all', kind: 'simulated', status: 'low', exit: 0 });
    expect(
      told.actions.map(({ action, did, status }) => [action, status, did.map((moved) => `${moved.wire} ${moved.action}`).join()]),
    ).toEqual([
      ['on', 'high', 'supply on,vbus on,powerKey press'],
      ['cycle', 'high', 'supply off,vbus off,supply on,vbus on,powerKey press'],
      ['reset', 'high', 'reset press'],
      ['press', 'low', 'powerKey press'],
      ['off', 'low', 'supply off,vbus off'],
    ]);
    expect(told.actions[1]).toHaveProperty('fellAfter');
    expect(exit).toBe(0);
  });

  test('a supply that does not cut is a fault of the rig: STATUS tells', async () => {
    const stuck = simulated('sim-stuck', { 'simulated: {}': 'simulated: { defects: [supply-stuck-on] }' });
    const { exit, errors } = await dfota(stuck, 'on', 'off');
    expect(errors).toMatch(
      /rig sim-stuck: STATUS does not follow\n.*asked: the supply was switched off: STATUS low\n.*still high\n/,
    );
    expect(exit).toBe(3);
  });

  test('a rig that somebody has is left alone, and who has it is told', async () => {
    const lease = await acquireLease('sim-taken', { run: 'the night run' });
    const { exit, errors } = await dfota(simulated('sim-taken'), 'on');
    await lease.release();
    expect(errors).toMatch(/rig sim-taken is in use\n.*process \d+ has it since .*the night run/);
    expect(exit).toBe(2);
  });
});

describe('on a rig that programs switch', () => {
  let halfway = 0;

  test('off stays off after the command, and on brings it back', async () => {
    const { rig, log } = board('relay');
    expect((await dfota(rig, 'on')).exit).toBe(0);
    expect((await dfota(rig, 'off')).out).toMatch(/^supply off \(\d+ ms\)\nSTATUS low after \d+ ms\n$/);
    expect((await dfota(rig, 'status')).out).toBe('STATUS low\n');
    expect(log()).toEqual(['supply on', 'key 6', 'supply off']);
    expect((await dfota(rig, 'on')).out).toMatch(/PWRKEY pulse of 6 ms\nSTATUS high/);
  });

  test('on leaves a unit that runs alone; press takes the width for what it is to do', async () => {
    const { rig, log, runs } = board('width');
    runs();
    expect((await dfota(rig, 'on')).out).toMatch(/^supply on .*\nSTATUS high after \d+ ms\n$/);
    expect((await dfota(rig, 'press')).out).toMatch(/^PWRKEY pulse of 8 ms\nSTATUS low/);
    expect((await dfota(rig, 'press')).out).toMatch(/^PWRKEY pulse of 6 ms\nSTATUS high/);
    expect(log()).toEqual(['supply on', 'key 8', 'key 6']);
  });

  test('what is as hard as a cut needs safety.powerCuts or --force; nothing is moved before that is known', async () => {
    const { rig, log } = board('careful', { cuts: false });
    for (const action of ['off', 'cycle', 'reset']) {
      const { exit, errors } = await dfota(rig, 'on', action);
      expect(errors).toMatch(new RegExp(`rig careful does not allow power cuts, and ${action} is one\\n[^]*--force`));
      expect(exit).toBe(2);
    }
    expect(log()).toEqual([]);
    expect((await dfota(rig, 'press')).exit).toBe(0);
    expect((await dfota(rig, 'off', '--force')).exit).toBe(0);
    expect(log()).toEqual(['key 6', 'supply off']);
  });

  test('without a supply wire off is a pulse on PWRKEY, and none on a unit that is off', async () => {
    const { rig, log, runs } = board('key-only', { supply: false });
    runs();
    expect((await dfota(rig, 'off')).out).toMatch(/^PWRKEY pulse of 8 ms\nSTATUS low/);
    expect((await dfota(rig, 'off')).out).toMatch(/^nothing to do\nSTATUS low/);
    expect(log()).toEqual(['key 8']);
    const { exit, errors } = await dfota(rig, 'cycle', '--force');
    expect([exit, errors]).toEqual([2, expect.stringMatching(/cannot do cycle: it has no supply wire/)]);
  });

  test('without STATUS it says so, and does not wait', async () => {
    const { rig } = board('blind', { status: false });
    expect((await dfota(rig, 'on')).out).toMatch(/PWRKEY pulse of 6 ms\nSTATUS is not wired\n$/);
    expect(await dfota(rig, 'status')).toMatchObject({ exit: 2, errors: expect.stringMatching(/no status wire/) as unknown });
  });

  test('a PWRKEY that does nothing, and a program that fails, are the rig’s fault; --no-wait only tells', async () => {
    const deaf = board('deaf');
    deaf.set('deaf');
    const quick = await dfota(deaf.rig, 'on', '--no-wait');
    expect([quick.exit, quick.out]).toEqual([0, expect.stringMatching(/STATUS low\n$/)]);
    const { exit, errors } = await dfota(deaf.rig, 'press', 'status');
    expect(errors).toMatch(/^rig deaf: STATUS does not follow\n.*\n.*still low\n.*is the supply on/);
    expect(exit).toBe(3);

    const broken = board('broken');
    const failed = await dfota(broken.rig, 'reset', '--json');
    const told = JSON.parse(failed.out) as { actions: { fault: object }[] };
    expect(told.actions[0]?.fault).toMatchObject({ what: expect.stringContaining('exit 7') as unknown });
    expect(failed.exit).toBe(3);
  });

  test.each([
    ['a cycle whose supplyOff fails after it has switched', 'cycle', { off: 'fails' }],
    ['a cycle whose STATUS cannot be read once it is off', 'cycle', { status: 'fails' }],
    ['an off that fails after it has switched', 'off', { off: 'fails' }],
    ['an off that STATUS does not follow', 'off', { stuck: true }],
  ] as const)('what fails half way gives the supply back: %s', async (_what, action, ways) => {
    const name = `halfway-${String((halfway += 1))}`;
    const relay = board(name);
    relay.runs();
    const state = (what: string): string => join(folder, `${name}-${what}`);
    if ('stuck' in ways) relay.set('stuck');
    const text = readFileSync(relay.rig, 'utf8');
    const broken = (key: string): string => {
      const program = join(folder, `${name}-${key}`);
      writeFileSync(program, `#!/bin/sh\n'${state('relay')}' supply off\nexit 1\n`);
      chmodSync(program, 0o755);
      return program;
    };
    writeFileSync(
      relay.rig,
      'off' in ways
        ? text.replace(/supplyOff: .*/, `supplyOff: [${broken('off')}]`)
        : 'status' in ways
          ? text.replace(/status: \[.*/, 'status: ["false"]')
          : text,
    );
    const { exit } = await dfota(relay.rig, action);
    expect(exit).toBe(3);
    expect(relay.log().slice(0, 2)).toEqual(['supply off', 'supply on']);
  });

  test('a command that dies in mid-cycle gives the supply back in its last moments', async () => {
    const { rig, log } = board('dies', { status: false });
    const words = ['power', '--rig', rig, 'cycle', '--for', '60s'];
    const dying = join(folder, 'dying.js');
    // As an error that nobody catches, once the supply is off.
    writeFileSync(
      dying,
      `setInterval(() => {
  if (require('fs').readFileSync(${JSON.stringify(join(folder, 'dies-log'))}, 'utf8').includes('supply off'))
    setTimeout(() => { throw new Error('no space left on device'); }, 100);
}, 20);`,
    );
    const child = spawn(process.execPath, ['--require', dying, join(root, 'bin', 'dfota.js'), ...words], { stdio: 'ignore' });
    await once(child, 'close');
    expect(log()).toEqual(['supply off', 'supply on']);
  });

  test('wrong words are told as such', async () => {
    const { rig } = board('words');
    await expect(dfota(rig, 'explode')).rejects.toThrow(/explode/);
    expect((await dfota(rig, 'cycle', '--for', 'soon')).errors).toMatch(/--for needs a duration/);
  });

  test('held off until SIGTERM, then on again', async () => {
    const { rig, log } = board('held');
    const child = spawn(process.execPath, [join(root, 'bin', 'dfota.js'), 'power', '--rig', rig, 'off', '--hold', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    await new Promise<void>((resolve, reject) => {
      let errors = '';
      child.stderr.on('data', (data: Buffer) => {
        errors += data.toString();
        if (errors.includes('stays off')) resolve();
      });
      child.once('close', () => {
        reject(new Error(`it ended: ${errors}`));
      });
    });
    expect(log()).toEqual(['supply off']);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect(JSON.parse(out)).toMatchObject({ exit: 0, remarks: ['The supply was held off; it is on again.'] });
    expect(code).toBe(0);
    expect(log()).toEqual(['supply off', 'supply on']);
  });
});
