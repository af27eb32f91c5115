import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { SerialPort } from 'serialport';
import { ControlClient } from '../ctl.js';

const HOOK = join(__dirname, 'ts-hook.cjs');
const MAIN = join(__dirname, '..', 'main.ts');
/** ms a test waits for what must come; past it, it fails with what came instead of hanging. */
const PATIENCE = 60_000;

/** A module's own directory, short enough for its socket. */
export function freshDir(): string {
  return mkdtempSync(join(tmpdir(), 'sim-'));
}

/** Runs the simulator's command line to its end. */
export async function simulator(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['-r', HOOK, MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}

/** One end of a serial line in the host's hands: collects all that comes, and waits for what is to come. */
export class HostPort {
  text = '';
  private readonly waiting = new Set<() => void>();
  private gone: () => void = () => undefined;
  private readonly left = new Promise<void>((done) => {
    this.gone = done;
  });

  private constructor(
    private readonly port: SerialPort,
    private readonly watcher: FSWatcher,
  ) {
    port.on('data', (data: Buffer) => {
      this.text += data.toString('latin1');
      for (const look of this.waiting) look();
    });
    port.on('error', () => undefined);
    port.on('close', () => {
      this.leave();
    });
  }

  static async open(path: string): Promise<HostPort> {
    const port = new SerialPort({ path, baudRate: 115200, autoOpen: false });
    // serialport mostly does not notice that a terminal has gone, and reads on for ever: the symlink tells. Its events
    // count, not its target: the kernel gives the number of a terminal that went to the next one.
    const watcher = watch(dirname(path));
    const host = new HostPort(port, watcher);
    watcher.on('change', (_, name) => {
      if (name === basename(path)) host.leave();
    });
    await new Promise<void>((done, fail) => port.open((error) => (error ? fail(error) : done())));
    return host;
  }

  /** Resolves with the match in what came since `forget`. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((done, fail) => {
      const patience = setTimeout(() => {
        this.waiting.delete(look);
        fail(new Error(`waited ${PATIENCE} ms for ${pattern}; came: ${JSON.stringify(this.text.slice(-400))}`));
      }, PATIENCE);
      const look = (): void => {
        const found = pattern.exec(this.text);
        if (found === null) return;
        this.waiting.delete(look);
        clearTimeout(patience);
        done(found);
      };
      this.waiting.add(look);
      look();
    });
  }

  forget(): void {
    this.text = '';
  }

  write(data: string | Buffer): void {
    this.port.write(data);
  }

  /** Sends a command and waits for its final result; answers with what came up to it, without what nobody asked for. */
  async command(text: string): Promise<string> {
    this.forget();
    this.write(`${text}\r`);
    const { index, 0: final } = await this.until(/\r\n(?:OK|ERROR|\+CME ERROR: \d+|CONNECT)\r\n/);
    return (this.text.slice(0, index) + final).replace(
      /\r\n(?:RDY|\+CFUN: 1|\+CPIN: READY|\+QUSIM: 1|\+QIND: \w+ DONE)\r\n/g,
      '',
    );
  }

  get closed(): Promise<void> {
    return this.left;
  }

  async close(): Promise<void> {
    this.leave();
    await this.left;
  }

  private leave(): void {
    this.watcher.close();
    if (!this.port.isOpen) {
      this.gone();
      return;
    }
    // What cannot be sent any more would keep it open for half a minute.
    this.port.flush(() => {
      this.port.close(() => {
        this.gone();
      });
    });
  }
}

/** A running simulator process and the bench around it. */
export class Bench {
  private readonly ports: HostPort[] = [];

  private constructor(
    readonly dir: string,
    readonly child: ChildProcess,
    readonly control: ControlClient,
  ) {}

  static async start(dir: string, ...args: readonly string[]): Promise<Bench> {
    const command = ['-r', HOOK, MAIN, 'run', '--dir', dir, '--with-parent', ...args];
    const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(createInterface(child.stdout), 'line');
    return new Bench(dir, child, await ControlClient.open(dir));
  }

  async powerOn(): Promise<void> {
    await this.control.do({ do: 'supply', on: true });
    await this.control.do({ do: 'vbus', on: true });
    await this.press(60);
  }

  async cut(): Promise<void> {
    await this.control.do({ do: 'supply', on: false });
    await this.control.do({ do: 'vbus', on: false });
  }

  /** Holds PWRKEY for real milliseconds. */
  async press(ms: number): Promise<void> {
    await new Promise((done) => setTimeout(done, 5));
    await this.control.do({ do: 'powerKey', down: true });
    await new Promise((done) => setTimeout(done, ms));
    await this.control.do({ do: 'powerKey', down: false });
  }

  /** Opens a port as soon as it is there. */
  async open(name: 'at' | 'uart'): Promise<HostPort> {
    const path = join(this.dir, name);
    await new Promise<void>((done) => {
      const watcher = watch(this.dir, () => {
        if (existsSync(path)) finish();
      });
      const finish = (): void => {
        watcher.close();
        done();
      };
      if (existsSync(path)) finish();
    });
    const port = await HostPort.open(path);
    this.ports.push(port);
    return port;
  }

  /** A module in normal mode, registered, with both ports open and echo off. */
  async ready(): Promise<{ at: HostPort; uart: HostPort }> {
    const uart = await this.open('uart');
    await this.powerOn();
    await uart.until(/RDY/);
    const at = await this.open('at');
    await at.command('ATE0');
    while (!(await at.command('AT+CREG?')).includes('0,1'));
    return { at, uart };
  }

  /** Kills the process on the spot; its directory stays. */
  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
    await this.letGo();
  }

  async stop(): Promise<void> {
    await this.letGo();
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async letGo(): Promise<void> {
    for (const port of this.ports) await port.close();
    this.control.close();
  }
}
