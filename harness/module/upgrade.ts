import { pause, type Clock } from '../base/clock.js';
import { messageOf, RigFault } from '../base/errors.js';
import type { EventBody, FileList, Identity, JournalEvent, RigProfile } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import { routeUrcs } from './boot.js';
import type { ModuleFiles } from './files.js';
import { AnotherUnit, readForeignImei, readIdentity, type UnitIdentity } from './identity.js';
import { awaitAsBefore, type NetworkParts } from './network.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';
import type { Package, UnitLine, Upgrade, UpgradeObserver, UpgradeOptions } from './types.js';
import { Wake } from './wake.js';
import { Watch, type Stop } from './watch.js';
import { deliver, type Delivered, type WayParts } from './way.js';

export interface UpgradeParts {
  readonly ports: Ports;
  readonly files: ModuleFiles;
  readonly way: WayParts;
  readonly network: NetworkParts;
  readonly profile: RigProfile;
  /** Of the rig's unit: no other one is upgraded. */
  readonly imei: string;
  readonly timing: Timing;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Name of the test that asked. */
  readonly test?: string | undefined;
}

/**
 * One AT+QFOTADL from delivery to the reading back. What the module does is in the events, never an exception; it rejects when
 * the harness or the rig could not do its part (RigFault, UserError), after upgrade.end.
 */
export async function runUpgrade(id: string, step: Package, options: UpgradeOptions, parts: UpgradeParts): Promise<Upgrade> {
  const { journal, profile } = parts;
  const events: JournalEvent[] = [];
  const stopRecording = journal.subscribe((event) => {
    events.push(event);
    options.observer?.onEvent?.(event);
  });
  try {
    await new UpgradeRun(id, step, options, parts).run();
  } finally {
    stopRecording();
  }
  return { id, events, profile };
}

class UpgradeRun {
  constructor(
    private readonly id: string,
    private readonly step: Package,
    private readonly options: UpgradeOptions,
    private readonly parts: UpgradeParts,
  ) {}

  async run(): Promise<void> {
    const { ports, timing, journal } = this.parts;
    if (ports.connected === undefined) {
      throw new RigFault('the unit cannot be upgraded', {
        asked: 'an open line to the module',
        seen: `none of ${ports.lines.map(({ port }) => port.role).join(', ')} is open`,
        hint: 'is the module on? restore brings it back to its baseline',
      });
    }
    // Before anything is put on it: units are changed between two upgrades, too.
    const foreign = await readForeignImei((text) => ports.command(text, timing.command), this.parts.imei);
    if (foreign !== undefined) throw new AnotherUnit(this.parts.imei, foreign);
    await routeUrcs(ports, timing, (text) => {
      journal.write({ type: 'note', text });
    });
    const delivered = await deliver(this.step, this.options, this.parts.way);
    const stopObserving = this.#observe(this.options.observer);
    let started = false;
    try {
      const before = { unit: await this.#identity(), files: await this.#files(delivered) };
      this.#announce(delivered, before.files);
      started = true;
      this.#keep('before', before.unit, before.files);
      const { stop, answers } = await this.#commandAndWatch(delivered, before.unit.identity);
      // On a module that does not answer this would only take time; restore does it later.
      if (answers) await this.#clearUp(delivered);
      journal.write({ type: 'upgrade.end', upgrade: this.id, why: stop.why, detail: stop.detail });
    } catch (error) {
      if (started) {
        if (error instanceof RigFault) journal.write(faultEvent(error));
        journal.write({ type: 'upgrade.end', upgrade: this.id, why: 'rig-fault', detail: messageOf(error) });
      }
      throw error;
    } finally {
      stopObserving();
      await delivered.withdraw();
    }
  }

  #observe(observer: UpgradeObserver | undefined): () => void {
    const cancels = this.parts.ports.lines.flatMap(({ port }) => [
      port.onUrc((urc) => {
        observer?.onUrc?.(urc);
      }),
      ...(observer?.onEarlyReport === undefined ? [] : [port.onEarlyReport(observer.onEarlyReport)]),
    ]);
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  #announce(delivered: Delivered, files: FileList): void {
    const { from, fault, intent = 'valid' } = this.options;
    const { facts, step } = this.step;
    const fetched = from === 'ftp' || from === 'http';
    const noRoom = fetched && files.ufsFree !== undefined && files.ufsFree < facts.size;
    this.parts.journal.write({
      type: 'upgrade.start',
      upgrade: this.id,
      step,
      source: from,
      target: delivered.maskedTarget,
      targetLength: Buffer.byteLength(delivered.target),
      package: facts,
      intent,
      ...(fault === undefined ? {} : { fault }),
      ...(noRoom ? { noRoom } : {}),
      ...(this.parts.test === undefined ? {} : { test: this.parts.test }),
    });
  }

  async #commandAndWatch(delivered: Delivered, before: Identity): Promise<{ stop: Stop; answers: boolean }> {
    const { ports, journal, clock, timing, profile, signal } = this.parts;
    const local = this.options.from === 'ufs' || this.options.from === 'sd';
    // Armed before the bytes go out.
    const open = ports.lines.filter(({ port }) => port.connected);
    const watch = new Watch({ profile, timing, local, target: this.step.toRevision }, { ports, journal, clock, signal });
    try {
      const answer = await ports.command(`AT+QFOTADL="${delivered.target}"`, timing.slowCommand);
      watch.answered(answer.result);
      for (;;) {
        const stop = await watch.run();
        if (stop.why === 'interrupted') return { stop, answers: false };
        const after = (await this.#answers()) ? await this.#readAfter(stop, delivered, before, open) : undefined;
        if (watch.disturbed && stop.why !== 'limit') {
          journal.write({ type: 'note', text: `upgrade ${this.id} goes on after ${stop.why}: a report or a loss followed` });
          continue;
        }
        if (after !== undefined) this.#keep('after', after.unit, after.files);
        return { stop, answers: after !== undefined };
      }
    } finally {
      watch.close();
    }
  }

  async #readAfter(
    stop: Stop,
    delivered: Delivered,
    before: Identity,
    open: readonly UnitLine[],
  ): Promise<{ unit: UnitIdentity; files: FileList }> {
    // A refused command or a failed download changes nothing that would have to come up again.
    if (stop.why !== 'normal-mode') return { unit: await this.#identity(), files: await this.#files(delivered) };
    await awaitAsBefore(this.parts.network, before);
    await this.#awaitLines(open);
    return { unit: await this.#identityAsTold(before), files: await this.#files(delivered) };
  }

  /** A line that was open before and is not yet gets the time of a boot: one that stays away then is a finding. */
  async #awaitLines(before: readonly UnitLine[]): Promise<void> {
    const { ports, clock, timing, signal } = this.parts;
    const deadline = clock.now() + timing.limits.boot;
    const wake = new Wake(clock);
    const stopListening = ports.onSighting(() => {
      wake.poke();
    });
    try {
      while (before.some(({ port }) => !port.connected) && clock.now() < deadline && signal?.aborted !== true)
        await wake.wait(Math.min(deadline, clock.now() + timing.look));
    } finally {
      stopListening();
    }
  }

  /** What it told before and withholds now may come up yet, as the ICCID does some time after the SIM is ready; at most `limits.boot`. */
  async #identityAsTold(before: Identity): Promise<UnitIdentity> {
    const { clock, timing, signal } = this.parts;
    const deadline = clock.now() + timing.limits.boot;
    for (;;) {
      const unit = await this.#identity();
      const misses = Object.keys(unit.withheld).some((key) => before[key as keyof Identity] !== undefined);
      if (!misses || clock.now() >= deadline || signal?.aborted === true) return unit;
      await pause(clock, timing.look);
    }
  }

  async #answers(): Promise<boolean> {
    const { ports, timing } = this.parts;
    return (await ports.command('AT', timing.probe)).ok || (await ports.command('AT', timing.probe)).ok;
  }

  #identity(): Promise<UnitIdentity> {
    const { ports, timing } = this.parts;
    return readIdentity((text) => ports.command(text, timing.command));
  }

  #files(delivered: Delivered): Promise<FileList> {
    const { uploaded } = delivered;
    return this.parts.files.list({ without: uploaded === undefined ? [] : [uploaded.name] });
  }

  #keep(when: 'before' | 'after', { identity, withheld }: UnitIdentity, files: FileList): void {
    const { journal } = this.parts;
    const without = Object.keys(withheld).length === 0 ? {} : { withheld };
    journal.write({ type: 'module.identity', when, upgrade: this.id, identity, ...without });
    journal.write({ type: 'module.files', when, upgrade: this.id, files });
  }

  /** Takes the uploaded package off the module if it left it there. What cannot be done now, restore does. */
  async #clearUp({ uploaded }: Delivered): Promise<void> {
    const { files, journal, ports } = this.parts;
    if (uploaded === undefined || ports.connected === undefined) return;
    try {
      if (await files.has(uploaded.storage, uploaded.name)) await files.remove(uploaded.storage, uploaded.name);
    } catch (error) {
      journal.write({ type: 'note', text: `${uploaded.name} was left on the module: ${messageOf(error)}` });
    }
  }
}

/** The event that keeps a fault of the rig, with everything it explains. */
function faultEvent(fault: RigFault): EventBody {
  const { asked, seen, hint } = fault.explanation;
  return {
    type: 'rig.fault',
    what: fault.message,
    ...(asked === undefined ? {} : { asked }),
    ...(seen === undefined ? {} : { seen }),
    ...(hint === undefined ? {} : { hint }),
  };
}
