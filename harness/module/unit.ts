import { RigFault } from '../base/errors.js';
import type { FileList, Identity, Source } from '../journal/events.js';
import { Boot, routeUrcs } from './boot.js';
import { ModuleFiles, type Storage } from './files.js';
import { checkIdentity, readIdentity, type UnitIdentity } from './identity.js';
import { checkLines } from './line-check.js';
import { bringUp, type NetworkParts } from './network.js';
import { Ports } from './ports.js';
import { restartUnit } from './restart.js';
import { RestoreLadder } from './restore.js';
import { SimCard } from './sim-card.js';
import { timingOf, type Timing } from './timing.js';
import type { OpenUnit, Package, Restart, Unit, UnitOptions, Upgrade, UpgradeOptions } from './types.js';
import { runUpgrade } from './upgrade.js';

/** The unit neither answered nor reported an upgrade, whatever was tried: its supply may hang on an inverted line. */
export class SilentUnit extends RigFault {}

export const openUnit: OpenUnit = async (options) => {
  const unit = new OpenedUnit(options);
  try {
    await unit.start();
    return unit;
  } catch (error) {
    unit.close();
    throw error;
  }
};

class OpenedUnit implements Unit {
  readonly profile: UnitOptions['profile'];
  readonly #timing: Timing;
  readonly #ports: Ports;
  readonly #files: ModuleFiles;
  readonly #network: NetworkParts;
  readonly #ladder: RestoreLadder;
  #upgrades: number;

  constructor(private readonly options: UnitOptions) {
    const { rig, profile, journal, clock, secrets, signal, lines, pair, power } = options;
    this.profile = profile;
    this.#upgrades = options.upgradesBefore ?? 0;
    this.#timing = timingOf(profile);
    this.#ports = new Ports({ lines, journal, clock });
    const baudRate = (lines.at === undefined ? rig.lines?.uart?.baudRate : rig.lines?.at?.baudRate) ?? 115_200;
    this.#files = new ModuleFiles({ ports: this.#ports, timing: this.#timing, sd: rig.delivery.sd, baudRate });
    const card = new SimCard({ rig: rig.name, pinEnv: rig.sim?.pinEnv, env: options.env ?? process.env, secrets });
    this.#network = { rig, ports: this.#ports, timing: this.#timing, clock, card, signal };
    this.#ladder = new RestoreLadder({
      rig: rig.name,
      health: {
        ports: this.#ports,
        timing: this.#timing,
        files: this.#files,
        pair,
        imei: rig.unit.imei,
        storages: rig.delivery.sd ? ['ufs', 'sd'] : ['ufs'],
        simReady: rig.network.registration || rig.sim !== undefined,
      },
      network: this.#network,
      timing: this.#timing,
      scale: profile.scale,
      retries: profile.firmware.retries,
      power,
      powerCuts: rig.safety.powerCuts,
      journal,
      clock,
      signal,
      sources: profile.sources,
      downgrade: (from: Source) => this.upgrade(pair.downgrade, { from }),
      restoreCommand: options.restoreCommand,
    });
  }

  /** Normal mode, the right unit, and only then anything that changes it. */
  async start(): Promise<void> {
    await this.#wake();
    const seen = await this.#read();
    this.options.journal.write({ type: 'module.identity', when: 'check', identity: seen.identity });
    checkIdentity(seen, this.options.rig);
    const { rig, clock } = this.options;
    await checkLines({ ports: this.#ports, rig, timing: this.#timing, clock });
    await routeUrcs(this.#ports, this.#timing, (text) => {
      this.options.journal.write({ type: 'note', text });
    });
    await bringUp(this.#network);
  }

  upgrade(step: Package, options: UpgradeOptions): Promise<Upgrade> {
    const { journal, clock, signal, servers, secrets, random, currentTest, rig } = this.options;
    this.#upgrades += 1;
    return runUpgrade(`${rig.name}#${String(this.#upgrades)}`, step, options, {
      imei: rig.unit.imei,
      ports: this.#ports,
      files: this.#files,
      way: { servers, files: this.#files, journal, secrets, random },
      network: this.#network,
      profile: this.profile,
      timing: this.#timing,
      journal,
      clock,
      signal,
      test: currentTest?.(),
    });
  }

  async identity(when: 'before' | 'after' | 'check' = 'check'): Promise<Identity> {
    const { identity } = await this.#read();
    this.options.journal.write({ type: 'module.identity', when, identity });
    return identity;
  }

  async files(when: 'before' | 'after' | 'check' = 'check'): Promise<FileList> {
    const files = await this.#files.list({ without: [] });
    this.options.journal.write({ type: 'module.files', when, files });
    return files;
  }

  async command(text: string): Promise<{ result: string; lines: readonly string[] }> {
    const { result, lines } = await this.#ports.command(text, this.#timing.slowCommand);
    return { result, lines };
  }

  upload(source: Storage, name: string, data: Buffer, options: { readonly ackMode?: boolean } = {}): Promise<void> {
    return this.#files.upload(source, name, data, options.ackMode);
  }

  remove(source: Storage, name: string): Promise<void> {
    return this.#files.remove(source, name);
  }

  restart(why: string): Promise<Restart> {
    const { rig, power, journal, clock, signal } = this.options;
    return restartUnit(why, {
      ports: this.#ports,
      network: this.#network,
      profile: this.profile,
      timing: this.#timing,
      power,
      powerCuts: rig.safety.powerCuts,
      journal,
      clock,
      signal,
    });
  }

  restore(why: string): Promise<void> {
    return this.#ladder.restore(why);
  }

  close(): void {
    this.#ports.close();
  }

  #read(): Promise<UnitIdentity> {
    return readIdentity((text) => this.#ports.command(text, this.#timing.command));
  }

  async #wake(): Promise<void> {
    const { power, clock, journal, signal, rig } = this.options;
    const { limits, settle } = this.#timing;
    const boot = new Boot({ ports: this.#ports, clock, journal, signal, timing: this.#timing });
    try {
      // PWRKEY toggles: where no STATUS tells, a unit that is on already is found by its answer on any line, and a recovery by its reports.
      if (!power.wires.status) {
        const early = await boot.wait(settle);
        if (early.ready !== undefined) return;
        // A line that was lost meanwhile puts the next AT off, perhaps past the window: nobody presses unasked.
        if (!early.alive && !(await this.#answersAnywhere())) await power.on('start of the run');
      } else {
        await power.on('start of the run');
      }
      const whole = limits.upgrade * (this.profile.firmware.retries + 2);
      const { ready } = await boot.wait(limits.boot, { each: limits.upgrade, whole });
      if (ready !== undefined || (await this.#ladder.wakeUp('no answer at the start of the run'))) return;
      const { recovering } = boot;
      const Fault = recovering === undefined ? SilentUnit : RigFault;
      throw new Fault(`rig ${rig.name}: the unit does not come up`, {
        asked: `an answer to AT within ${String(Math.round(limits.boot))} ms of power-on`,
        seen: recovering === undefined ? this.#portsText() : `recovery; last report ${recovering}`,
        hint: 'check supply, PWRKEY wiring and the lines of the rig definition (dfota rigs check)',
      });
    } finally {
      boot.close();
    }
  }

  /** OK to AT on any line that is open now. */
  async #answersAnywhere(): Promise<boolean> {
    for (const { port } of this.#ports.lines) {
      if (port.connected && (await port.command('AT', { deadline: this.#timing.probe })).ok) return true;
    }
    return false;
  }

  #portsText(): string {
    return this.#ports.lines
      .map(
        ({ line, port }) =>
          `line ${port.role} ${port.connected ? 'open but silent' : line.present ? 'present, not open' : 'absent'}`,
      )
      .join(', ');
  }
}
