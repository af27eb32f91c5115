import type { Journal } from '../../journal/journal.js';
import type { Power } from '../../power/types.js';
import type { ScriptedModule } from './scripted-module.js';

/** Wires to a scripted module; what was done to it is in `done` and, as from real wires, in the journal. */
export class ScriptedPower implements Power {
  readonly kind = 'simulated';
  readonly done: string[] = [];
  isOn = true;
  /** What the module does when it gets power or its PWRKEY; default: it boots. */
  onPowered: () => void = () => {
    this.module.boot();
  };
  readonly #statusListeners = new Set<(on: boolean) => void>();
  #id = 0;

  constructor(
    private readonly module: ScriptedModule,
    private readonly journal: Journal,
    readonly wires = { supply: true, vbus: false, powerKey: true, reset: false, status: true },
  ) {}

  supply(on: boolean, why: string): Promise<void> {
    this.#act('supply', on ? 'on' : 'off', why);
    if (!on) this.#off();
    return Promise.resolve();
  }

  vbus(on: boolean, why: string): Promise<void> {
    this.#act('vbus', on ? 'on' : 'off', why);
    return Promise.resolve();
  }

  pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void> {
    this.#act('powerKey', 'press', why);
    if (purpose === 'off') this.#off();
    else this.#powered();
    return Promise.resolve();
  }

  pressReset(why: string): Promise<void> {
    this.#act('reset', 'press', why);
    return Promise.resolve();
  }

  status(): Promise<boolean | undefined> {
    return Promise.resolve(this.wires.status ? this.isOn : undefined);
  }

  onStatus(listener: (on: boolean) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  async on(why: string): Promise<void> {
    this.done.push(`on (${why})`);
    if (!this.isOn) await this.pressPowerKey('on', why);
  }

  async cycle(why: string): Promise<void> {
    await this.supply(false, why);
    await this.supply(true, why);
    this.#powered();
  }

  cut(why: string): void {
    this.#act('supply', 'off', why);
    this.#off();
  }

  /** The supply is back, and the module with it. */
  restored(why: string): void {
    this.#act('supply', 'on', why);
    this.#powered();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #off(): void {
    this.isOn = false;
    this.module.leave();
    for (const listener of this.#statusListeners) listener(false);
  }

  #powered(): void {
    this.isOn = true;
    this.onPowered();
  }

  #act(wire: 'supply' | 'vbus' | 'powerKey' | 'reset', action: 'on' | 'off' | 'press', why: string): void {
    this.done.push(`${wire} ${action}`);
    this.journal.write({ type: 'power.do', id: ++this.#id, wire, action, why });
  }
}
