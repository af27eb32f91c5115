import type { Nv } from '../behaviour.js';
import { USB_ID } from '../board/board.js';
import type { Board, Stranded } from '../board/board.js';
import { ptyBoard } from '../board/pty-board.js';
import { Dice } from '../core/bytes.js';
import { Core } from '../core/core.js';
import type { Outcome, Step } from '../core/steps.js';
import { AtSession } from './at-session.js';
import { Epoch } from './epoch.js';
import { FileStore, spoilsOf } from './file-store.js';
import { Line } from './line.js';
import { Network } from './network.js';
import { makeNoise, shakeUsb } from './noise.js';
import type { ModuleOptions } from './options.js';
import { Pacer } from './pacer.js';
import { PowerLines } from './power-lines.js';
import type { Powered } from './power-lines.js';
import { Reporter } from './reporter.js';
import { SimCard } from './sim-card.js';
import { startStaleServer } from './stale-server.js';
import type { StaleServer } from './stale-server.js';
import { StateDir } from './state-dir.js';
import { Upgrade } from './upgrade.js';
import { UrcWriter } from './urc.js';

export type Mode = 'off' | 'booting' | 'normal' | 'recovery' | 'restore' | 'powering-down' | 'dead';

/** Seconds from power, before scaling: real modules' figures, with what one module differs from another. */
const STATUS_AFTER = [2.5, 2.9] as const;
const LOADER_AFTER = 7;
const READY_AFTER = [12, 13] as const;
const REBOOT_AFTER_END = [2, 4] as const;
/** Real seconds from the last report or answer to the reboot, at the least. */
const SHORTEST_FAREWELL = 0.02;
const SHUTDOWN_IN_REBOOT = [8, 14] as const;
const POWERED_DOWN_AFTER = 5;
const STATUS_FALLS_AFTER = [29.5, 36] as const;

const EMERGENCY: Stranded = '05c6:9008';
const MEMORY_DUMP: Stranded = '05c6:900e';

/** The simulated module: what its lines, its flash and its power do to each other. */
export class SimModule implements Powered {
  readonly at: Line;
  readonly uart: Line;
  readonly urcs: UrcWriter;
  readonly files: FileStore;
  readonly network = new Network();
  readonly upgrade = new Upgrade(this);
  readonly reporter = new Reporter(this);
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
  /** Why it does not start, when it does not. */
  why = '';
  private usbWhenDead: Stranded = EMERGENCY;
  private quiet = (): void => undefined;
  private usbLoose = false;
  private stale: StaleServer | undefined;
  /** The old version was put back since normal mode was last up. */
  private restored = false;

  constructor(
    readonly options: ModuleOptions,
    private readonly board: Board = ptyBoard(options.dir),
  ) {
    this.state = new StateDir(options);
    this.at = new Line('at', board.at);
    this.uart = new Line('uart', board.uart);
    this.urcs = new UrcWriter(options.behaviours, options.seed, options.scale);
    this.files = new FileStore(options.dir, options.ufsSize, options.sdSize);
    this.dice = new Dice('module', options.seed, options.imei);
    this.epoch = this.newEpoch();
    this.sim = new SimCard(this, this.epoch);
    this.epoch.end();
    const packages = { read: (source: string) => this.files.package(source), free: () => this.files.free('UFS') };
    this.core = new Core(this.state.flash, 'full', options.policy, packages, options.behaviours);
    this.lines = new PowerLines(this, options.scale, options.behaviours);
    this.network.reach = options.behaviours.ask('network', 'open');
    for (const line of [this.at, this.uart]) line.wiring = options.behaviours.ask('wiring', 'sound', line.name);
    this.sessions = [new AtSession(this, this.at), new AtSession(this, this.uart)];
  }

  async prepare(): Promise<void> {
    await Promise.all([this.at.prepare(), this.uart.prepare()]);
    if (this.network.reach === 'elsewhere') {
      this.stale = await startStaleServer(this.options.module);
      this.network.leadElsewhere(this.stale.address);
    }
    this.uart.plug();
    const quiet = [makeNoise(this.uart, this.options, this.dice), shakeUsb(this, this.dice)];
    this.quiet = () => {
      for (const stop of quiet) stop();
    };
    this.board.showStatus(this.status);
    this.board.follow(this.lines);
  }

  close(): void {
    this.quiet();
    this.stale?.close();
    this.powerLost();
    this.lines.close();
    this.at.close();
    this.uart.close();
    this.board.close();
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
    return this.options.behaviours.ask('shownRevision', this.core.revision() ?? '', this.upgraded);
  }

  /** How the last upgrade ended. */
  get gaveUp(): boolean {
    return this.core.log.read().outcome === 'given-up';
  }

  get upgraded(): boolean {
    const { flag, outcome } = this.core.log.read();
    return flag === 'done' || outcome === 'upgraded';
  }

  get isOn(): boolean {
    return this.mode !== 'off';
  }

  get status(): boolean {
    return this.options.behaviours.ask('status', this.statusOn && !this.starved);
  }

  /** What a host's USB list would show. */
  get usb(): string | undefined {
    if (this.mode === 'dead') return this.usbWhenDead;
    return this.at.present ? USB_ID[this.options.module] : undefined;
  }

  /** After a download that failed. */
  spoilFailedDownload(): void {
    this.options.behaviours.afterFailedDownload(this.state.nv, spoilsOf(this.files, 'download'));
    this.state.saveNv();
  }

  powerOn(): void {
    if (this.mode === 'off') this.boot(false, 0);
  }

  /** At once: whatever was under way is torn. */
  powerLost(): void {
    if (this.mode === 'off') return;
    const { flag, starts, source } = this.core.log.read();
    const downloading = this.upgrade.downloading;
    const torn = this.pacer?.cut() ?? false;
    const cut = { mode: this.mode, percent: this.percent, torn, ending: flag === 'done', starts, downloading };
    this.stop();
    if (downloading && this.options.behaviours.ask('resumesDownload', false))
      for (const step of this.core.request('download')) if (step.kind === 'op') this.core.flash.perform(step.op);
    const before = JSON.stringify(this.nv);
    this.options.behaviours.onCut(cut, this.state.nv, spoilsOf(this.files, source));
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
    if (!this.lines.vbus || this.starved || this.usbLoose) this.at.unplug();
    else if (this.mode === 'dead') this.at.strand(this.usbWhenDead);
    else if (this.reporter.wantsUsb && this.hasUsb) this.at.plug();
  }

  private get hasUsb(): boolean {
    return this.mode !== 'normal' || this.options.behaviours.ask('usbUp', true, this.upgraded);
  }

  /** The plug has contact, or has none. */
  usbContact(contact: boolean): void {
    this.usbLoose = !contact;
    this.usbPowerChanged();
  }

  supplyChanged(): void {
    this.usbPowerChanged();
    this.tellStatus();
  }

  private tellStatus(): void {
    this.board.showStatus(this.status);
    this.onStatus?.(this.status);
  }

  /** Alive by what comes in over the UART: STATUS and USB are dark. */
  private get starved(): boolean {
    return this.isOn && !this.lines.supply && this.lines.fedByUart;
  }

  rebootSoon(): void {
    this.rebootOnceRead(1, false);
  }

  /** Puts the boot flag, then `report`, then reboots after some seconds. */
  enterRecovery(source: string, seconds: number, report?: string): void {
    this.percent = undefined;
    this.drive(this.core.request(source), () => {
      if (report !== undefined) this.reporter.urc(report);
      this.rebootOnceRead(seconds, true);
    });
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

  private newEpoch(): Epoch {
    return new Epoch(this.options.scale);
  }

  private setStatus(on: boolean): void {
    const before = this.status;
    this.statusOn = on;
    if (this.status !== before) this.tellStatus();
  }

  private stop(keepUsb = false): void {
    this.epoch.end();
    this.pacer = undefined;
    this.percent = undefined;
    this.reporter.stop();
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
    const { behaviours } = this.options;
    const ready = behaviours.ask('bootSeconds', dice.between(...READY_AFTER), this.upgraded);
    this.epoch.after(behaviours.ask('seconds', dice.between(...STATUS_AFTER), 'status'), () => this.setStatus(true));
    const words = behaviours.ask('loaderSays', '');
    if (words !== '') this.epoch.after(later + 1, () => this.uart.write(Buffer.from(words, 'latin1')));
    const { flag, starts } = this.core.log.read();
    const loader = behaviours.ask('loaderSeconds', LOADER_AFTER, { warm, flag, starts });
    this.epoch.after(later + loader, () => {
      if (this.nv.bricked) return this.die('bricked');
      if (this.nv.dumps > 0) {
        this.changeNv({ dumps: this.nv.dumps - 1 });
        return this.die('crashed', MEMORY_DUMP);
      }
      this.drive(this.core.boot(warm), (outcome) => this.loaded(outcome, ready - LOADER_AFTER));
    });
  }

  private drive<T>(steps: Generator<Step, T, void>, onDone: (result: T) => void): void {
    const { scale, flashMinutes, behaviours } = this.options;
    const flashSeconds = behaviours.ask('flashSeconds', flashMinutes * 60, this.core.log.read().starts);
    this.pacer = new Pacer(this.core.flash, this.epoch, scale, flashSeconds);
    this.pacer.run(steps, (step) => this.take(step), onDone);
  }

  private take(step: Step): void {
    if (step.kind === 'report') {
      this.reporter.report(step.report);
      if (step.report.kind === 'UPDATING') {
        this.percent = step.report.percent;
        if (this.options.behaviours.ask('hangs', false, this.percent)) this.pacer?.stall();
        if (this.options.behaviours.ask('crashes', false, this.percent, this.core.log.read().starts)) {
          this.pacer?.stall();
          this.rebootOnceRead(0, true);
        }
      }
    }
    if (step.kind === 'plan' && this.options.behaviours.ask('dropsPackage', false))
      spoilsOf(this.files, this.core.log.read().source).dropPackage();
    if (step.kind !== 'mode') return;
    this.mode = step.mode;
    if (step.mode === 'recovery') this.reporter.recoveryStarts();
    if (step.mode === 'restore') this.restored = true;
  }

  private loaded(outcome: Outcome, seconds: number): void {
    if (outcome.kind === 'dead') this.die(outcome.why);
    else if (outcome.kind === 'reboot') this.rebootOnceRead(this.dice.between(...REBOOT_AFTER_END), true);
    else if (!this.options.behaviours.ask('startsUp', true, this.gaveUp)) this.die('silent');
    else this.epoch.after(Math.max(0, seconds), () => this.arrive());
  }

  /** A host needs its time to read what was said last, however much the module's is shortened: what a device that has gone held is lost. */
  private rebootOnceRead(seconds: number, warm: boolean): void {
    this.epoch.after(Math.max(seconds, SHORTEST_FAREWELL / this.options.scale), () => this.reboot(warm));
  }

  private die(why: string, usb = EMERGENCY): void {
    this.mode = 'dead';
    this.usbWhenDead = usb;
    this.why = why;
    this.usbPowerChanged();
  }

  /** Normal mode is up. */
  private arrive(): void {
    this.mode = 'normal';
    const { behaviours } = this.options;
    for (const line of [this.at, this.uart])
      if (behaviours.ask('wiringInNormal', 'sound', line.name, this.upgraded) === 'mute') line.wiring = 'mute';
    this.drive(this.core.arrive(), (upgraded) => {
      this.files.dropDownload();
      if (upgraded) {
        behaviours.afterUpgrade(this.state.nv, spoilsOf(this.files, this.core.log.read().source));
        this.state.saveNv();
      }
      if (this.restored) {
        this.restored = false;
        behaviours.afterGivingUp(this.state.nv, spoilsOf(this.files, this.core.log.read().source));
        this.state.saveNv();
      }
      const restart = behaviours.ask('restartsAfter', Infinity, { first: upgraded, upgraded: this.upgraded });
      if (restart < Infinity) this.epoch.after(restart, () => this.reboot(true));
      this.sim = new SimCard(this, this.epoch);
      const [at, uart] = this.sessions;
      const answers = (run: () => void): void => {
        const seconds = behaviours.ask('seconds', 0, 'answers');
        if (seconds === 0) run();
        else this.epoch.after(seconds, run);
      };
      answers(() => uart?.start());
      this.reporter.normalStarts(() => answers(() => at?.start()));
    });
  }
}
