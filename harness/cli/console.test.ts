/**
 * `dfota console` as a process of its own on a simulated rig, with a real pseudo-terminal as the user's terminal, and fed from a pipe. Needs the
 * harness built (`npm test` does that).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPseudoTerminal, type PseudoTerminal } from '../line/testing/pseudo-terminal.js';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'console-'));
const started: (() => void)[] = [];
afterEach(() => {
  for (const end of started.splice(0)) end();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function rigFile(name: string, changes: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries({ 'simulated-ec25': name, ...changes }).reduce(
    (whole, [from, to]) => whole.replace(from, to),
    readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8').replace(/# yaml-language-server.*\n/, ''),
  );
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const env = { ...process.env };
  delete env['NO_COLOR'];
  return { ...env, DFOTA_STATE: join(folder, 'state'), TERM: 'xterm', ...more };
};

/** A person at a terminal: everything that is on the screen, and keys. */
class Person {
  text = '';
  readonly exit: Promise<number>;
  readonly #looks = new Set<() => void>();
  readonly #terminal: PseudoTerminal;
  readonly #child: ChildProcess;

  constructor(name: string, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.#terminal = openPseudoTerminal();
    this.#terminal.onData((chunk) => {
      this.text += chunk.toString('utf8');
      for (const look of [...this.#looks]) look();
    });
    const fd = openSync(this.#terminal.path, constants.O_RDWR | constants.O_NOCTTY);
    const argv = [join(root, 'bin', 'dfota.js'), 'console', '--rig', rigFile(name), ...words];
    this.#child = spawn(process.execPath, argv, { stdio: [fd, fd, fd], env: environment(env) });
    closeSync(fd);
    const child = this.#child;
    this.exit = once(child, 'close').then(([code]) => {
      for (const look of [...this.#looks]) look();
      return code as number;
    });
    started.push(() => {
      if (child.exitCode === null) child.kill('SIGKILL');
      this.#terminal.close();
    });
  }

  /** Resolves with the match in what came since `forget`. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        this.#looks.delete(look);
        reject(new Error(`waited for ${String(pattern)}: ${JSON.stringify(this.text.slice(-600))}`));
      }, 30_000);
      const look = (): void => {
        const found = pattern.exec(this.text);
        if (found === null && this.#child.exitCode === null) return;
        clearTimeout(patience);
        this.#looks.delete(look);
        if (found === null) reject(new Error(`it ended without ${String(pattern)}: ${JSON.stringify(this.text.slice(-600))}`));
        else resolve(found);
      };
      this.#looks.add(look);
      look();
    });
  }

  forget(): void {
    this.text = '';
  }

  type(keys: string): void {
    this.#terminal.write(keys);
  }

  /** The unit answers: the first reports may have come before the line was open, as on real ones. */
  async ready(): Promise<void> {
    await this.until(/line at open/);
    this.type(':ready\r');
    await this.until(/- the unit answers AT/);
  }

  async command(text: string): Promise<string> {
    this.forget();
    this.type(`${text}\r`);
    await this.until(/ {3}(OK|ERROR|\+CME ERROR: .*)/);
    return this.text;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

const up = '\x1b[A';
const clock = String.raw`\d\d:\d\d:\d\d\.\d{3}`;

test('a session through a reboot of the module: times, colours, a half-typed line, power, history, log', async () => {
  const log = join(folder, 'person.log');
  const person = new Person('person', ['--log', log]);
  await person.ready();
  expect(await person.command('ATI')).toMatch(
    new RegExp(`${clock} {3}Revision: EC25EFAR06A12M4G\\r\\n[^]*\\x1b\\[32m${clock} {3}OK\\x1b\\[0m`),
  );
  expect(await person.command('AT+NONSENSE')).toMatch(/\x1b\[31m[\d:.]+ {3}ERROR/);

  // A change that is reported by itself.
  await person.command('AT+CREG=1');
  while (!(await person.command('AT+CREG?')).includes('+CREG: 1,1'));
  person.forget();
  person.type('AT+CFUN=0\r');
  await person.until(/\x1b\[36m[\d:.]+ \* \+CREG: \d\x1b\[0m/);

  person.forget();
  person.type('AT+CFUN=1,1\r');
  await person.until(/- line gone/);
  // What is being typed while reports come in is neither lost nor sent.
  person.type('AT+G');
  await person.until(/- line back after \d+ ms/);
  person.forget();
  person.type('MR\r');
  await person.until(/ {3}EC25EFAR06A12M4G\r\n[^]* {3}OK/);

  expect(await person.command('AT+CPIN="9753"')).toMatch(/ERROR/);
  person.forget();
  person.type(`${up}${up}${up}\r`);
  await person.until(/- line gone[^]*- line back after/);

  person.forget();
  person.type(':power off\r');
  await person.until(/- supply off[^]*- STATUS low/);
  person.forget();
  person.type('AT\r');
  await person.until(/the line is not open/);
  person.forget();
  person.type(':quit\r');
  // The supply is left on, whatever was typed.
  await person.until(/- supply on/);
  expect(await person.exit).toBe(0);

  const written = readFileSync(log, 'utf8');
  expect(written).toMatch(/^\S+Z - opened \/dev\/pts\/\d+\n/);
  expect(written).toMatch(/Z > AT\+CFUN=1,1\\r\n/);
  expect(written).toMatch(/Z < .*\\r\\nRDY\\r\\n/);
  expect(written).toMatch(/Z > AT\+CPIN="\*\*\*"\\r\n/);
  const history = readFileSync(join(folder, 'state', 'console', 'history'), 'utf8');
  expect(history).toContain('AT+CFUN=1,1\n');
  for (const text of [written, history]) expect(text).not.toContain('9753');

  const again = new Person('person', [], { NO_COLOR: '1' });
  await again.ready();
  again.forget();
  again.type(`${up}${up}${up}${up}${up}`);
  // :ready, :quit, AT, :power off, AT+CFUN=1,1
  await again.until(/AT\+CFUN=1,1/);
  again.type('\x03');
  expect(await again.command('AT')).not.toMatch(/\x1b\[3[0-9]m/);
  // Ctrl-D
  again.type('\x04');
  expect(await again.exit).toBe(0);
});

test('somebody else is told who has the rig; a console that is told to end leaves it safe', async () => {
  const first = new Person('shared');
  await first.ready();
  const second = new Person('shared');
  await second.until(/rig shared is in use[^]*process \d+ has it since [^]*dfota console/);
  expect(await second.exit).toBe(2);
  first.forget();
  first.type(':power off\r');
  await first.until(/- STATUS low/);
  first.signal('SIGTERM');
  await first.until(/- supply on/);
  expect(await first.exit).toBe(130);
});

test('what is as hard as a cut is refused on a rig without safety.powerCuts, and done with a mark of exclamation', async () => {
  const person = new Person('careful', [], {});
  await person.ready();
  person.forget();
  person.type(':power reset\r');
  await person.until(/- RESET_N pulse/);
  const { exit, errors } = await script('no-cuts', ':power off\n', { 'powerCuts: true': 'powerCuts: false' });
  expect(errors).toMatch(/- rig no-cuts does not allow power cuts, and off is one/);
  expect(exit).toBe(2);
  expect((await script('no-cuts', ':power off!\n', { 'powerCuts: true': 'powerCuts: false' })).exit).toBe(0);
  person.type('\x03');
  expect(await person.exit).toBe(0);
});

interface Scripted {
  readonly exit: number;
  readonly out: string;
  readonly errors: string;
}

async function script(
  name: string,
  lines: string,
  changes: Readonly<Record<string, string>> = {},
  words: string[] = [],
): Promise<Scripted> {
  const argv = [join(root, 'bin', 'dfota.js'), 'console', '--rig', rigFile(name, changes), ...words];
  const child = spawn(process.execPath, argv, { stdio: 'pipe', env: environment() });
  const told = { out: '', errors: '' };
  child.stdout.on('data', (data: Buffer) => (told.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (told.errors += data.toString()));
  child.stdin.end(lines);
  const [exit] = (await once(child, 'close')) as [number];
  return { exit, ...told };
}

describe('fed from a pipe', () => {
  test('answers alone on standard output, one command after the other, through a reboot', async () => {
    const { exit, out, errors } = await script(
      'piped',
      'ATI\r\n# a remark\n\nAT+CFUN=1,1\n:wait line gone 20s\n:ready 20s\nAT+GMR\n',
    );
    expect(out).toBe('Quectel\nEC25\nRevision: EC25EFAR06A12M4G\nOK\nOK\nEC25EFAR06A12M4G\nOK\n');
    expect(errors).toMatch(/- line gone: [^]*- line back after \d+ ms\n[^]*- the unit answers AT\n/);
    expect(out + errors).not.toContain('\x1b');
    expect(exit).toBe(0);
  });

  test('a file goes up, and data is sent, after CONNECT', async () => {
    const file = join(folder, 'small.bin');
    writeFileSync(file, Buffer.from([0x4f, 0x4b, 0x0d, 0x0a]));
    const lines = `AT+QFUPL="small.bin",4\n:send ${file}\n:wait +QFUPL\nAT+QFLST="small.bin"\nAT+QFUPL="hex",2\n:hex 4F 4B\n:wait +QFUPL: 2\n`;
    const { exit, out } = await script('uploads', lines, {}, ['--line', 'uart']);
    expect(out).toMatch(/^CONNECT\n\+QFUPL: 4,[0-9a-f]+\nOK\n\+QFLST: "UFS:small\.bin",4\nOK\nCONNECT\n\+QFUPL: 2,4f4b\n/);
    expect(exit).toBe(0);
  });

  test('an error of the module is exit 1, a word that nobody knows 2, a module that does not answer 3', async () => {
    expect(await script('errors', 'AT+NONSENSE\nAT\n')).toMatchObject({ exit: 1, out: 'ERROR\nOK\n' });
    expect((await script('errors', ':wait nothing-like-that 200ms\n')).exit).toBe(1);
    expect(await script('errors', 'AT\n:pwoer on\nAT\n')).toMatchObject({
      exit: 2,
      out: 'OK\n',
      errors: expect.stringContaining('there is no :pwoer') as unknown,
    });
    const off = await script('errors', ':power off\nAT\n', { 'boot: 300s': 'boot: 60s' });
    expect(off).toMatchObject({
      exit: 3,
      out: '',
      errors: expect.stringContaining('the line did not come: AT was not sent') as unknown,
    });
  });

  test('words that cannot be used are told before anything is switched', async () => {
    const wrong = await script('words', '', {}, ['--timeout', 'soon']);
    expect([wrong.exit, wrong.errors]).toEqual([2, expect.stringContaining('--timeout needs a duration')]);
    const log = await script('words', '', {}, ['--log', '/dev/null/no.log']);
    expect([log.exit, log.errors]).toEqual([2, expect.stringContaining('the log cannot be written')]);
  });
});
