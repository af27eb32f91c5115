import { join } from 'node:path';
import type { Nv } from '../behaviour.js';
import { Dice } from '../core/bytes.js';
import { Core } from '../core/core.js';
import type { Outcome, Report, Step } from '../core/steps.js';
import { AtSession } from './at-session.js';
import { Epoch } from './epoch.js';
import { FileStore } from './file-store.js';
import { Line } from './line.js';
import { Network } from './network.js';
import type { ModuleOptions } from './options.js';
import { Pacer } from './pacer.js';
import { PowerLines } from './power-lines.js';
import type { Powered } from './power-lines.js';
import { SimCard } from './sim-card.js';
import { StateDir } from './state-dir.js';
import { Upgrade } from './upgrade.js';
import { UrcWriter } from './urc.js';

export type Mode = 'off' | 'booting' | 'normal' | 'recovery' | 'restore' | 'powering-down' | 'dead';

/** Seconds from power, before scaling: real modules' figures, with what one module differs from another. */
const STATUS_AFTER = [2.5, 2.9] as const;
const LOADER_AFTER = 7;
const READY_AFTER = [12, 13] as const;
/** USB after RDY, and after the start of recovery. */
const USB_AFTER_READY = [0.8, 1.6] as const;
const USB_AFTER_START = [2, 3.5] as const;
/** What waits for USB is written this long after the port is there. */
const FIRST_USB_REPORT = [0.8, 4] as const;
const BETWEEN_BOOT_URCS = [0.2, 1.2] as const;
const REBOOT_AFTER_END = [2, 4] as const;
const SHUTDOWN_IN_REBOOT = [8, 14] as const;
const POWERED_DOWN_AFTER = 5;
const STATUS_FALLS_AFTER = [29.5, 36] as const;

/** The simulated module: what its lines, its flash and its power do to each other. */
export class SimModule implements Powered {
  readonly at: Line;
  readonly uart: Line;
  readonly urcs: UrcWriter;
  readonly files: FileStore;
  readonly network = new Network();
  readonly upgrade = new Upgrade(this);
  readonly lines: PowerLines;
  readonly core: Core;
  readonly dice: Dice;
  /** Told when STATUS changes. */
  onStatus: ((on: boolean) => void) | undefined;
  mode: Mode = 'off';
  /** The last percentage of the running upgrade. */
  percent: number | undefined;
  epoch: Epoch;
  sim: SimCard;
  private readonly state: StateDir;
  private readonly sessions: readonly AtSession[];
  private pacer: Pacer | undefined;
  private statusOn = false;
  /** Reports that USB is not ready for yet; undefined once it is. */
  private early: string[] | undefined;
  private why = '';

  constructor(readonly options: ModuleOptions) {
    this.state = new StateDir(options);
    this.at = new Line('at', join(options.dir, 'at'));
    this.uart = new Line('uart', join(options.dir, 'uart'));
    this.urcs = new UrcWriter(options.behaviours, options.seed);
    this.files = new FileStore(options.dir, options.ufsSize, options.sdSize);
    this.dice = new Dice('module', options.seed, options.imei);
    this.epoch = this.newEpoch();
    this.sim = new SimCard(this, this.epoch);
    this.epoch.end();
    const packages = { read: (source: string) => this.packageAt(source), free: () => this.files.free('UFS') };
    this.core = new Core(this.state.flash, 'full', options.policy, packages, options.behaviours);
    this.lines = new PowerLines(this, options.scale, options.behaviours);
    this.sessions = [new AtSession(this, this.at), new AtSession(this, this.uart)];
  }

  async prepare(): Promise<void> {
    await Promise.all([this.at.prepare(), this.uart.prepare()]);
    this.uart.plug();
  }

  close(): void {
    this.powerLost();
    this.lines.close();
    this.at.close();
    this.uart.close();
    this.state.close();
  }

  get nv(): Readonly<Nv> {
    return this.state.nv;
  }

  changeNv(changes: Partial<Nv>): void {
    Object.assign(this.state.nv, changes);
    this.state.saveNv();
  }

  get revision(): string {
    return this.core.revision() ?? '';
  }

  get isOn(): boolean {
    return this.mode !== 'off';
  }

  get status(): boolean {
    return this.options.behaviours.ask('status', this.statusOn);
  }

  /** What a host's USB list would show. */
  get usb(): string | undefined {
    if (this.mode === 'dead') return '05c6:9008';
    return this.at.present ? (this.options.module === 'EC25' ? '2c7c:0125' : '2c7c:0121') : undefined;
  }

  /** For tests: what cannot be seen from outside. */
  inside(): Record<string, unknown> {
    const record = this.core.log.read();
    const download = this.upgrade.running && this.mode === 'normal';
    return {
      mode: download ? 'download' : this.mode,
      revision: this.revision,
      flag: record.flag,
      counter: record.attempts,
      starts: record.starts,
      outcome: record.outcome,
      percent: this.percent,
      operations: this.core.flash.operations,
      supply: this.lines.supply,
      vbus: this.lines.vbus,
      status: this.status,
      usb: this.usb,
      bricked: this.nv.bricked,
      why: this.why,
      defects: this.options.behaviours.names,
    };
  }

  powerOn(): void {
    if (this.mode === 'off') this.boot(false, 0);
  }

  /** At once: whatever was under way is torn. */
  powerLost(): void {
    if (this.mode === 'off') return;
    const torn = this.pacer?.cut() ?? false;
    const cut = { mode: this.mode, percent: this.percent, torn };
    this.stop();
    const before = JSON.stringify(this.nv);
    this.options.behaviours.onCut(cut, this.state.nv);
    if (JSON.stringify(this.nv) !== before) this.state.saveNv();
    this.setStatus(false);
    this.mode = 'off';
  }

  /** PWRKEY or AT+QPOWD: `asked` is the port that gets the last word. */
  powerDown(asked: Line = this.uart): void {
    if (this.mode === 'off' || this.mode === 'powering-down') return;
    const answers = this.mode === 'normal';
    this.pacer?.cut();
    this.stop(true);
    this.mode = 'powering-down';
    this.epoch = this.newEpoch();
    this.epoch.after(POWERED_DOWN_AFTER, () => {
      if (answers) this.urcs.send(asked, 'POWERED DOWN');
      this.at.unplug();
    });
    this.epoch.after(this.dice.between(...STATUS_FALLS_AFTER), () => this.powerLost());
  }

  /** RESET_N: like a cut, but the module starts again by itself. */
  reset(): void {
    this.powerLost();
    this.boot(false, 0);
  }

  usbPowerChanged(): void {
    if (!this.lines.vbus) this.at.unplug();
    else if (this.wantsUsb) this.at.plug();
  }

  rebootSoon(): void {
    this.epoch.after(1, () => this.reboot(false));
  }

  /** Puts the boot flag, then `report`, then reboots after some seconds. */
  enterRecovery(source: string, seconds: number, report?: string): void {
    this.percent = undefined;
    this.drive(this.core.request(source), () => {
      if (report !== undefined) this.urc(report);
      this.epoch.after(seconds, () => this.reboot(true));
    });
  }

  /** A line nobody asked for, to the port that QURCCFG names. */
  urc(text: string): void {
    if (text.startsWith('+QIND') && !this.nv.indications) return;
    if (this.nv.urcPort === 'usbmodem') return;
    this.urcs.send(this.nv.urcPort === 'uart1' ? this.uart : this.at, text);
  }

  whenPowerGoes(run: () => void): () => void {
    return this.epoch.onEnd(run);
  }

  networkUp(up: boolean): void {
    this.network.up = up;
    if (this.mode === 'normal') this.sim.networkChanged();
  }

  /** First version, factory settings, no files. The module is off afterwards. */
  reflash(): void {
    this.powerLost();
    this.files.wipe();
    this.files.wipeCard();
    this.state.reflash();
    this.why = '';
  }

  private wantsUsb = false;

  private newEpoch(): Epoch {
    return new Epoch(this.options.scale);
  }

  private setStatus(on: boolean): void {
    const before = this.status;
    this.statusOn = on;
    if (this.status !== before) this.onStatus?.(this.status);
  }

  private stop(keepUsb = false): void {
    this.epoch.end();
    this.pacer = undefined;
    this.percent = undefined;
    this.wantsUsb = false;
    this.early = undefined;
    this.upgrade.reset();
    for (const session of this.sessions) session.stop();
    if (!keepUsb) this.at.unplug();
  }

  private reboot(warm: boolean): void {
    this.stop();
    this.boot(warm, this.dice.between(...SHUTDOWN_IN_REBOOT));
  }

  private boot(warm: boolean, later: number): void {
    this.mode = 'booting';
    this.epoch = this.newEpoch();
    const { dice } = this;
    const ready = this.options.behaviours.ask('bootSeconds', dice.between(...READY_AFTER));
    this.epoch.after(dice.between(...STATUS_AFTER), () => this.setStatus(true));
    this.epoch.after(later + LOADER_AFTER, () => {
      if (this.nv.bricked) return this.die('bricked');
      this.drive(this.core.boot(warm), (outcome) => this.loaded(outcome, ready - LOADER_AFTER));
    });
  }

  private drive<T>(steps: Generator<Step, T, void>, onDone: (result: T) => void): void {
    const { scale, flashMinutes } = this.options;
    this.pacer = new Pacer(this.core.flash, this.epoch, scale, flashMinutes * 60);
    this.pacer.run(steps, (step) => this.take(step), onDone);
  }

  private take(step: Step): void {
    if (step.kind === 'report') return this.report(step.report);
    if (step.kind !== 'mode') return;
    this.mode = step.mode;
    if (step.mode === 'recovery') this.usbUp(USB_AFTER_START);
  }

  private loaded(outcome: Outcome, seconds: number): void {
    if (outcome.kind === 'dead') this.die(outcome.why);
    else if (outcome.kind === 'reboot') this.epoch.after(this.dice.between(...REBOOT_AFTER_END), () => this.reboot(true));
    else this.epoch.after(Math.max(0, seconds), () => this.arrive());
  }

  private die(why: string): void {
    this.mode = 'dead';
    this.why = why;
  }

  /** Normal mode is up. */
  private arrive(): void {
    this.mode = 'normal';
    this.drive(this.core.arrive(), (upgraded) => {
      this.files.dropDownload();
      if (upgraded) {
        this.options.behaviours.afterUpgrade(this.state.nv, this.files);
        this.state.saveNv();
      }
      this.sim = new SimCard(this, this.epoch);
      const [, uart] = this.sessions;
      uart?.start();
      this.urcs.send(this.uart, 'RDY');
      const overUsb = this.nv.urcPort !== 'uart1';
      if (!overUsb) this.bootUrcs([]);
      this.usbUp(USB_AFTER_READY, () => this.sessions[0]?.start(), overUsb ? () => this.bootUrcs(['RDY']) : undefined);
    });
  }

  private bootUrcs(first: readonly string[]): void {
    const locked = this.sim.state !== 'READY';
    const card = !this.sim.present
      ? ['+CPIN: NOT INSERTED', '+QUSIM: 0']
      : locked
        ? ['+CPIN: SIM PIN']
        : ['+CPIN: READY', '+QUSIM: 1'];
    const done = this.sim.ready ? ['+QIND: SMS DONE', '+QIND: PB DONE'] : [];
    let at = 0;
    for (const text of [...first, ...this.dice.shuffled([`+CFUN: ${this.sim.cfun}`, ...card, ...done])]) {
      this.epoch.after(at, () => this.urc(text));
      at += this.dice.between(...BETWEEN_BOOT_URCS);
    }
  }

  /** USB appears after a while; what was reported before follows, and is lost unless the host has the port open by then. */
  private usbUp(after: readonly [number, number], onPlug?: () => void, onReady?: () => void): void {
    this.early = [];
    this.epoch.after(this.dice.between(...after), () => {
      this.wantsUsb = true;
      if (this.lines.vbus) this.at.plug();
      onPlug?.();
      this.epoch.after(this.dice.between(...FIRST_USB_REPORT), () => {
        for (const text of this.early ?? []) this.urcs.send(this.at, text);
        this.early = undefined;
        onReady?.();
      });
    });
  }

  /** In recovery both ports print. */
  private report(report: Report): void {
    for (const one of this.options.behaviours.ask('reports', [report], this.percent ?? 0)) {
      const value = one.kind === 'UPDATING' ? `,${one.percent}` : one.kind === 'END' ? `,${one.err}` : '';
      const text = `+QIND: "FOTA","${one.kind}"${value}`;
      this.urcs.send(this.uart, text);
      if (this.early !== undefined) this.early.push(text);
      else this.urcs.send(this.at, text);
    }
    if (report.kind === 'UPDATING') this.percent = report.percent;
  }

  private packageAt(source: string): Buffer | undefined {
    if (source === 'download') return this.files.download();
    const storage = source.startsWith('/data/ufs/') ? 'UFS' : 'SD';
    const file = { storage, name: source.slice(source.lastIndexOf('/') + 1) } as const;
    return this.files.size(file) === undefined ? undefined : this.files.read(file);
  }
}
