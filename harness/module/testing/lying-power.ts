import type { Journal } from '../../journal/journal.js';
import type { Power } from '../../power/types.js';
import type { ScriptedModule } from './scripted-module.js';

/** What is wrong with a switch and the wires around it. */
export interface Lie {
  /** The supply line does nothing, or the contrary of what it is told. */
  readonly supply?: 'stuck' | 'inverted';
  readonly status?: 'high' | 'low' | 'inverted';
  /** What goes on for ever without supply; `uart`: USB and STATUS go, the UART answers. */
  readonly backFeed?: 'all' | 'uart' | 'usb';
  /** The UART's adapter is on the hub that VBUS switches: it leaves and comes back with the supply. */
  readonly adapter?: 'switched';
  /** ms that the supply takes to decay. */
  readonly decay?: number;
  readonly powerKey?: 'dead' | 'not needed';
  /** Who answers after the supply was off. */
  readonly imei?: string;
}

const why = (on: boolean): 'on' | 'off' => (on ? 'on' : 'off');

/** A bench with a scripted module: PWRKEY toggles it, without supply it is off. A lie bends what reaches it and what is told of it. */
export class LyingPower implements Power {
  readonly kind = 'simulated';
  /** What was done, as a wire and a word. */
  readonly done: string[] = [];
  /** It was told that its supply line is inverted. */
  inverted = false;
  /** As the wire stands; as the module has it. */
  told = true;
  powered = true;
  running = true;
  readonly #listeners = new Set<(on: boolean) => void>();
  #id = 0;

  constructor(
    private readonly module: ScriptedModule,
    private readonly journal: Journal,
    private readonly lie: Lie = {},
    readonly wires = { supply: true, vbus: false, powerKey: true, reset: false, status: true },
  ) {}

  supplyInverted(): void {
    this.inverted = true;
  }

  async supply(on: boolean, reason: string): Promise<void> {
    this.#act('supply', why(on), reason);
    this.told = on;
    if (this.wires.vbus && !on) this.module.lines.at?.unplug();
    if (this.wires.vbus && on && this.running) this.module.enter();
    if (this.lie.adapter === 'switched') {
      const { uart } = this.module.lines;
      if (!on) uart?.unplug();
      else if (uart?.terminal === undefined) uart?.replug();
    }
    await this.#settle();
  }

  vbus(on: boolean, reason: string): Promise<void> {
    this.#act('vbus', why(on), reason);
    return Promise.resolve();
  }

  pressPowerKey(_purpose: 'on' | 'off', reason: string): Promise<void> {
    this.#act('powerKey', 'press', reason);
    if (this.lie.powerKey === 'dead' || !this.powered) return Promise.resolve();
    if (this.running) this.#die();
    else this.#start();
    return Promise.resolve();
  }

  pressReset(reason: string): Promise<void> {
    this.#act('reset', 'press', reason);
    return Promise.resolve();
  }

  status(): Promise<boolean | undefined> {
    return Promise.resolve(this.wires.status ? this.#level : undefined);
  }

  onStatus(listener: (on: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async on(reason: string): Promise<void> {
    await this.supply(true, reason);
    if (this.wires.powerKey && (await this.status()) !== true) await this.pressPowerKey('on', reason);
  }

  async cycle(reason: string): Promise<void> {
    await this.supply(false, reason);
    await this.on(reason);
  }

  cut(reason: string): void {
    void this.supply(false, reason);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get #level(): boolean {
    if (this.lie.status === 'high' || this.lie.status === 'low') return this.lie.status === 'high';
    return this.running !== (this.lie.status === 'inverted');
  }

  async #settle(): Promise<void> {
    if (this.lie.supply === 'stuck') return;
    const power = this.told !== (this.lie.supply === 'inverted');
    if (power === this.powered) return;
    this.powered = power;
    if (power && (this.lie.powerKey === 'not needed' || !this.wires.powerKey)) this.#start();
    if (power) return;
    if (this.lie.decay === undefined) this.#lose();
    // It outlives the call, as charge in a capacitor does.
    else setTimeout(() => this.#lose(), this.lie.decay);
    return Promise.resolve();
  }

  #lose(): void {
    const { backFeed } = this.lie;
    if (this.powered || backFeed === 'all') return;
    if (backFeed === 'uart') {
      this.module.lines.at?.unplug();
      this.#tell(() => (this.running = false));
    } else if (backFeed === 'usb') {
      this.module.answering = false;
      this.#tell(() => (this.running = false));
    } else this.#die();
  }

  #die(): void {
    this.module.leave();
    this.#tell(() => (this.running = false));
  }

  #start(): void {
    if (this.lie.imei !== undefined) this.module.imei = this.lie.imei;
    this.module.boot();
    this.#tell(() => (this.running = true));
  }

  /** Does what changes STATUS, and reports the edge. */
  #tell(change: () => void): void {
    const before = this.#level;
    change();
    if (this.#level !== before && this.wires.status) for (const listener of this.#listeners) listener(this.#level);
  }

  #act(wire: 'supply' | 'vbus' | 'powerKey' | 'reset', action: 'on' | 'off' | 'press', reason: string): void {
    this.done.push(`${wire} ${action}`);
    this.journal.write({ type: 'power.do', id: ++this.#id, wire, action, why: reason });
  }
}
