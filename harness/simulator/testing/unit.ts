import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Behaviours } from '../behaviour.js';
import { DEFAULT_POLICY } from '../core/steps.js';
import { DEFECTS } from '../defects/index.js';
import { SimModule } from '../module/module.js';
import type { ModuleOptions } from '../module/options.js';

export const IMEI = '861107030000015';

export function named(...names: readonly string[]): Behaviours {
  return new Behaviours(DEFECTS.filter(({ name }) => names.includes(name)));
}

/** A module in this process, without terminals: what it writes is collected, what it reads is handed to it. */
export class Unit {
  readonly module: SimModule;
  readonly text = { at: '', uart: '' };
  private readonly waiting = new Set<() => void>();
  private readonly dir = mkdtempSync(join(tmpdir(), 'unit-'));

  constructor(defect: string, options: Partial<ModuleOptions> = {}) {
    this.module = new SimModule({
      dir: this.dir,
      module: 'EC25',
      imei: IMEI,
      scale: 0.0005,
      flashMinutes: 2,
      networkTimeout: 60,
      policy: DEFAULT_POLICY,
      ufsSize: 2 << 20,
      sdSize: 1 << 20,
      apn: 'internet',
      pin: undefined,
      seed: 1,
      behaviours: named(defect),
      ...options,
    });
    for (const name of ['at', 'uart'] as const)
      this.module[name].write = (data) => {
        this.text[name] += data.toString('latin1');
        for (const look of this.waiting) setImmediate(look);
        return true;
      };
    this.module.onStatus = () => {
      for (const look of this.waiting) setImmediate(look);
    };
  }

  /** Resolves once this holds; looked at whenever the module says something, and now and then. */
  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((done) => {
      const look = (): void => {
        if (!this.waiting.has(look) || !holds()) return;
        clearInterval(timer);
        this.waiting.delete(look);
        done();
      };
      const timer = setInterval(look, 5);
      timer.unref();
      this.waiting.add(look);
      look();
    });
  }

  async powerOn(): Promise<void> {
    const { lines } = this.module;
    lines.setSupply(true);
    lines.setVbus(true);
    await new Promise((done) => setTimeout(done, 2));
    lines.pressKey(true);
    await new Promise((done) => setTimeout(done, 2));
    lines.pressKey(false);
  }

  /** Normal mode, registered, both ports answering. */
  async ready(): Promise<this> {
    await this.powerOn();
    await this.until(() => this.module.sim.registered && /RDY/.test(this.text.at));
    return this;
  }

  /** What comes back for a command. */
  command(text: string, port: 'at' | 'uart' = 'uart'): string {
    this.text[port] = '';
    this.module[port].onData?.(Buffer.from(`${text}\r`, 'latin1'));
    return this.text[port];
  }

  put(name: string, content: Uint8Array, storage: 'UFS' | 'SD' = 'UFS'): void {
    const file = this.module.files.create({ storage, name }, content.length);
    file.write(content);
    file.keep();
  }

  /** Gives the command, and waits for the next start of normal mode. */
  async upgrade(source: string): Promise<string> {
    const answer = this.command(`AT+QFOTADL="${source}"`);
    if (!answer.includes('OK')) return answer;
    this.text.at = '';
    this.text.uart = '';
    await this.until(() => /\r\nRDY/.test(this.text.uart.replace(/50\r\n\r\nRDY/, '')) || this.module.mode === 'dead');
    return this.text.uart;
  }

  close(): void {
    this.module.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
