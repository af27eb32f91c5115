import { linkedTerminal, type LinkedTerminal } from '../../line/testing/pseudo-terminal.js';
import type { LineRole } from '../../journal/events.js';
import { split } from '../answers.js';
import { checksum } from '../checksum.js';
import { newRevision, oldRevision } from './rehearsal.js';

/** Answers a command: information lines and the final result, or undefined for none at all. */
export type Reply = readonly string[] | undefined;

/**
 * A module that plays what a test tells it, on real pseudo-terminals. It is no model of an EC25: the simulator is. By default it
 * answers everything as a sound unit does, and takes AT+QFOTADL with OK and nothing more.
 */
export class ScriptedModule {
  readonly lines: Partial<Record<LineRole, LinkedTerminal>> = {};
  /** Every command received, in order. */
  readonly commands: string[] = [];
  readonly ufs = new Map<string, Buffer>();
  readonly sd = new Map<string, Buffer>();
  ufsTotal = 4 * 1024 * 1024;
  revision = oldRevision;
  model = 'EC25';
  imei = '861107030000001';
  cfun = '1';
  sim = 'READY';
  pin = '4711';
  apn = 'internet';
  creg = '1';
  echo = true;
  /** Only then it answers AT; its ports may be there without. */
  answering = true;
  /** Tried first; undefined goes on to the default, `silent` is no answer. */
  override: (command: string, role: LineRole) => Reply | 'silent' | 'default' = () => 'default';
  /** What it does after it has answered OK to AT+QFOTADL, or what it answers instead. */
  onUpgrade: (target: string) => Reply | void = () => undefined;
  /** Damages what an upload brings. */
  damage: (data: Buffer) => Buffer = (data) => data;
  readonly #input = new Map<LineRole, Buffer>();
  #upload: { role: LineRole; storage: Map<string, Buffer>; name: string; size: number; ack: boolean; acked: number } | undefined;

  constructor(directory: string, roles: readonly LineRole[]) {
    for (const role of roles) {
      const line = linkedTerminal(directory, role);
      this.lines[role] = line;
      this.#input.set(role, Buffer.alloc(0));
      line.onData((chunk) => {
        this.#received(role, chunk);
      });
    }
  }

  /** Prints lines, as a module does: each between CR LF. Without a role on every line. */
  say(text: string | readonly string[], role?: LineRole): void {
    for (const line of [text].flat()) this.print(`\r\n${line}\r\n`, role);
  }

  print(bytes: string | Buffer, role?: LineRole): void {
    for (const [name, line] of Object.entries(this.lines)) if (role === undefined || name === role) line.write(bytes);
  }

  report(rest: string, role?: LineRole): void {
    this.say(`+QIND: "FOTA",${rest}`, role);
  }

  /** Its USB ports leave; a UART stays. It no longer answers. */
  leave(): void {
    this.answering = false;
    this.#upload = undefined;
    this.lines.at?.unplug();
  }

  /** Its USB ports come back, without normal mode. */
  enter(): void {
    if (this.lines.at !== undefined && this.lines.at.terminal === undefined) this.lines.at.replug();
  }

  /** Normal mode with its boot reports. */
  boot(revision = this.revision): void {
    this.revision = revision;
    this.enter();
    this.answering = true;
    this.say(['RDY', '+CFUN: 1', '+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE']);
  }

  close(): void {
    for (const line of Object.values(this.lines)) line.close();
  }

  #received(role: LineRole, chunk: Buffer): void {
    let input = Buffer.concat([this.#input.get(role) ?? Buffer.alloc(0), chunk]);
    for (;;) {
      if (this.#upload?.role === role) {
        if (!this.#take(input)) break;
        input = input.subarray(this.#finish(input));
        continue;
      }
      const end = input.indexOf('\r');
      if (end < 0) break;
      const command = input.subarray(0, end).toString('latin1').replaceAll('\n', '').trim();
      input = input.subarray(end + 1);
      if (command !== '') this.#answer(command, role);
    }
    this.#input.set(role, input);
  }

  #answer(command: string, role: LineRole): void {
    this.commands.push(command);
    if (!this.answering) return;
    if (this.echo) this.print(`${command}\r`, role);
    const told = this.override(command, role);
    if (told === 'silent' || told === undefined) return;
    const reply = told === 'default' ? this.#usual(command, role) : told;
    for (const line of reply) this.say(line, role);
  }

  #usual(command: string, role: LineRole): readonly string[] {
    const ok = 'OK';
    const [, name = '', rest = ''] = /^AT(\+?[A-Z0-9]*)(.*)$/is.exec(command) ?? [];
    const argument = (index: number): string => split(rest.slice(1))[index] ?? '';
    switch (name.toUpperCase()) {
      case '':
        return [ok];
      case 'I':
        return ['Quectel', this.model, `Revision: ${this.revision}`, '', ok];
      case '+GMR':
      case '+CGMR':
        return [this.revision, ok];
      case '+QGMR':
        return [`${this.revision}_01.001.01.001`, ok];
      case '+CSUB':
        return ['SubEdition: V01', ok];
      case '+CGSN':
        return [this.imei, ok];
      case '+QCCID':
        return ['+QCCID: 89860000000000000001', ok];
      case '+CPIN':
        if (rest === '?') return [`+CPIN: ${this.sim}`, ok];
        if (rest !== `=${this.pin}`) return ['+CME ERROR: 16'];
        this.sim = 'READY';
        return [ok];
      case '+CREG':
      case '+CEREG':
        return [`${name}: 0,${this.creg}`, ok];
      case '+CFUN':
        if (rest === '?') return [`+CFUN: ${this.cfun}`, ok];
        this.cfun = '1';
        return [ok];
      case '+QICSGP':
        if (rest === '=1') return [`+QICSGP: 1,"${this.apn}","","",1`, ok];
        this.apn = argument(2);
        return [ok];
      case '+QURCCFG':
      case '+QINDCFG':
        return [ok];
      case '+QFOTADL': {
        const reply = this.onUpgrade(argument(0));
        return reply ?? [ok];
      }
      default:
        return this.#file(name.toUpperCase(), rest, argument(0), role);
    }
  }

  #file(name: string, rest: string, path: string, role: LineRole): readonly string[] {
    const sd = path.startsWith('SD');
    const storage = sd ? this.sd : this.ufs;
    const file = path.replace(/^(?:UFS|SD):/, '');
    const used = [...storage.values()].reduce((sum, data) => sum + data.length, 0);
    switch (name) {
      case '+QFLDS':
        return [`+QFLDS: ${String(this.ufsTotal - used)},${String(this.ufsTotal)}`, 'OK'];
      case '+QFLST':
        return [...[...storage].map(([key, data]) => `+QFLST: "${sd ? 'SD' : 'UFS'}:${key}",${String(data.length)}`), 'OK'];
      case '+QFDEL':
        return storage.delete(file) ? ['OK'] : ['+CME ERROR: 405'];
      case '+QFUPL': {
        if (storage.has(file)) return ['+CME ERROR: 407'];
        const [, size, , ack] = split(rest.slice(1));
        this.#upload = { role, storage, name: file, size: Number(size), ack: ack === '1', acked: 0 };
        return ['CONNECT'];
      }
      case '+QFDWL': {
        const data = storage.get(file);
        if (data === undefined) return ['+CME ERROR: 405'];
        this.print(Buffer.concat([Buffer.from('\r\nCONNECT\r\n'), data]), role);
        return [`+QFDWL: ${String(data.length)},${checksum(data)}`, 'OK'];
      }
      default:
        return ['ERROR'];
    }
  }

  /** True when the whole file is there. */
  #take(input: Buffer): boolean {
    const upload = this.#upload;
    if (upload === undefined) return false;
    const whole = Math.min(input.length, upload.size);
    while (upload.ack && upload.acked < Math.floor(whole / 1024)) {
      upload.acked += 1;
      this.print('A', upload.role);
    }
    return input.length >= upload.size;
  }

  #finish(input: Buffer): number {
    const upload = this.#upload;
    if (upload === undefined) return 0;
    this.#upload = undefined;
    const data = this.damage(Buffer.from(input.subarray(0, upload.size)));
    upload.storage.set(upload.name, data);
    this.say([`+QFUPL: ${String(data.length)},${checksum(data)}`, 'OK'], upload.role);
    return upload.size;
  }
}

export { newRevision, oldRevision };
